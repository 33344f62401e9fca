// The page: wires what is seen to the call.

import { checked, fragment } from "./access.js";
import { Call } from "./call.js";
import * as devices from "./devices.js";
import { Gallery } from "./gallery.js";
import { Film, snapshot } from "./keepsakes.js";
import { Teaching } from "./teaching.js";

const at = (id) => document.getElementById(id);
const KEYS = { b: "compare", m: "mirror", s: "snapshot", r: "record", f: "full" };
const SLIDERS = ["strength", "brush", "steady", "blend"];
const video = at("painted");
const film = new Film();
const gallery = new Gallery(at("gallery"), at("second"));
let call;
let painting = false;

function state(stage, status, text) {
  at("stage").dataset.state = stage;
  at("status").dataset.state = status;
  at("status").textContent = text;
  at("bar").hidden = at("figures").hidden = stage === "idle";
  at("share").hidden = stage !== "live";
}

function notice(text) {
  at("notice").textContent = text ?? "";
  at("notice").hidden = !text;
}

function source() {
  return { camera: at("camera").value, microphone: at("microphone").value, size: at("size").value };
}

async function start() {
  notice();
  at("start").disabled = true;
  state("idle", "busy", "Opening the camera…");
  try {
    const media = await devices.open(source());
    at("before").srcObject = media;
    state("waiting", "busy", "Connecting…");
    await devices.list(at("camera"), at("microphone"));
    await call.start(media);
  } catch (error) {
    state("idle", "wrong", "No camera");
    notice(devices.words(error));
  } finally {
    at("start").disabled = false;
  }
}

function stop() {
  film.stop();
  call.stop();
  video.srcObject = at("before").srcObject = null;
  state("idle", "idle", "Stopped");
}

async function changeSource() {
  if (!call.wanted) return;
  try {
    const media = await devices.open(source());
    at("before").srcObject = media;
    await call.replace(media);
  } catch (error) {
    notice(devices.words(error));
  }
}

function press(button, on) {
  button.setAttribute("aria-pressed", on);
}

function pressed(button) {
  return button.getAttribute("aria-pressed") === "true";
}

const ACTIONS = {
  stop,
  compare() {
    const on = !pressed(at("compare"));
    press(at("compare"), on);
    at("line").hidden = !on;
    call.change({ split: on ? Number(at("line").value) : null });
  },
  mirror() {
    press(at("mirror"), !pressed(at("mirror")));
    call.change({ mirror: pressed(at("mirror")) });
  },
  mute() {
    press(at("mute"), video.muted);
    video.muted = !video.muted;
  },
  snapshot: () => video.videoWidth && snapshot(video),
  record() {
    if (film.running) film.stop();
    else film.start(video.srcObject);
    press(at("record"), film.running);
    at("record-label").textContent = film.running ? "Recording" : "Record";
  },
  float: () => (document.pictureInPictureElement ? document.exitPictureInPicture() : video.requestPictureInPicture()),
  full: () => (document.fullscreenElement ? document.exitFullscreen() : at("stage").requestFullscreen()),
};

function sliderText(slider) {
  const value = Number(slider.value);
  slider.parentElement.querySelector("output").textContent =
    slider.id === "brush" ? `×${value.toFixed(2)}` : `${Math.round(100 * value)}%`;
}

function follow(settings) {
  gallery.choose(settings.style);
  at("second").value = settings.second ?? "";
  for (const id of SLIDERS) {
    if (document.activeElement !== at(id)) at(id).value = settings[id];
    sliderText(at(id));
  }
  press(at("mirror"), settings.mirror);
}

function shown(reading) {
  at("figure-rate").textContent = `${Math.round(reading.rate)}/s`;
  at("figure-age").textContent = reading.age === null ? "–" : `${reading.age} ms`;
  at("figure-size").textContent = reading.size;
  at("figure-loss").textContent = `${(100 * reading.loss).toFixed(reading.loss < 0.1 ? 1 : 0)}%`;
}

function listen() {
  call.addEventListener("stream", ({ detail }) => {
    video.srcObject = detail;
    painting = false;
    video.requestVideoFrameCallback(() => {
      painting = call.wanted;
      if (!painting) return;
      state("live", "live", "Painting");
      // Showing the camera behind the painting would cost as much as showing the painting.
      at("before").srcObject = null;
    });
  });
  call.addEventListener("state", ({ detail }) => {
    if (detail.state === "idle") state("idle", "idle", detail.text);
    else if (detail.state !== "live") state("waiting", detail.state, detail.text);
    else if (painting) state("live", "live", detail.text);
    else state("waiting", "busy", "Mixing the paint…");
    if (detail.state === "busy" && !painting) at("before").srcObject = call.media;
  });
  call.addEventListener("settings", ({ detail }) => follow(detail));
  call.addEventListener("figures", ({ detail }) => shown(detail));
  call.addEventListener("notice", ({ detail }) => notice(detail));
  call.addEventListener("room", ({ detail }) => {
    at("link").value = `${location.origin}/watch/${detail}${fragment()}`;
  });
  call.addEventListener("ended", ({ detail }) => {
    stop();
    state("idle", "wrong", "Not connected");
    notice(detail.message);
  });
}

function wire() {
  for (const [id, action] of Object.entries(ACTIONS)) at(id).addEventListener("click", action);
  at("start").addEventListener("click", start);
  for (const id of ["camera", "microphone", "size"]) at(id).addEventListener("change", changeSource);
  for (const id of SLIDERS) {
    sliderText(at(id));
    at(id).addEventListener("input", () => {
      sliderText(at(id));
      call.change({ [id]: Number(at(id).value) });
    });
  }
  at("line").addEventListener("input", () => call.change({ split: Number(at("line").value) }));
  at("second").addEventListener("change", () => {
    const second = at("second").value || null;
    const blend = second ? Number(at("blend").value) || 0.5 : 0;
    at("blend").value = blend;
    sliderText(at("blend"));
    call.change({ second, blend });
  });
  gallery.addEventListener("pick", ({ detail }) => call.change({ style: detail }));
  at("copy").addEventListener("click", async () => {
    await navigator.clipboard.writeText(at("link").value);
    at("copy").textContent = "Copied";
    setTimeout(() => (at("copy").textContent = "Copy"), 1500);
  });
  addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || at("bar").hidden) return;
    const id = KEYS[event.key.toLowerCase()];
    if (id) at(id).click();
  });
  addEventListener("pagehide", () => call.wanted && call.stop());
}

async function main() {
  let config;
  try {
    config = await (await checked("/config")).json();
  } catch (error) {
    const refused = error.status === 401;
    state("idle", "wrong", refused ? "Not allowed in" : "No server");
    at("start").disabled = true;
    return notice(refused ? "This link lacks its token: open the one that the program printed." : error.message);
  }
  call = new Call(config);
  gallery.show(config.styles);
  gallery.choose(new URLSearchParams(location.search).get("style") ?? config.style);
  const size = new URLSearchParams(location.search).get("size");
  if (size) at("size").value = size;
  wire();
  listen();
  if (!config.train) return;
  const teaching = new Teaching({
    button: at("teach"), text: at("teach-text"), bar: at("teach-progress"),
    preview: at("teach-preview"), file: at("teach-file"), drop: at("drop"),
  });
  teaching.addEventListener("learnt", async ({ detail }) => {
    gallery.show((await (await checked("/config")).json()).styles);
    gallery.pick(detail);
  });
}

main();
