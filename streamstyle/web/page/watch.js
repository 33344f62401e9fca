// A watcher of a room, by WHEP.

import { checked } from "./access.js";
import { connect } from "./connection.js";

const video = document.getElementById("painted");
const status = document.getElementById("status");
const sound = document.getElementById("sound");
const room = location.pathname.split("/").pop();
let session;

function tell(state, text) {
  status.dataset.state = state;
  status.textContent = text;
}

function again(text, seconds) {
  tell("busy", text);
  setTimeout(watch, 1000 * seconds);
}

async function watch() {
  const { iceServers } = await (await checked("/config")).json().catch(() => ({}));
  const peer = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
  const stream = new MediaStream();
  peer.addTransceiver("video", { direction: "recvonly" });
  peer.addTransceiver("audio", { direction: "recvonly" });
  peer.addEventListener("track", ({ track }) => {
    stream.addTrack(track);
    video.srcObject = stream;
  });
  peer.addEventListener("connectionstatechange", () => {
    if (peer.connectionState === "connected") {
      tell("live", "Watching");
      sound.hidden = !video.muted;
    } else if (["failed", "closed"].includes(peer.connectionState)) {
      peer.close();
      again("Connection lost, coming back…", 2);
    }
  });
  try {
    session = await connect(peer, `/whep/${encodeURIComponent(room)}`);
  } catch (error) {
    peer.close();
    if (error.status === 401) return tell("wrong", "This link lacks its token");
    if (error.status === 409) return again("Nothing to watch yet; waiting…", error.retryAfter || 2);
    again(error.status === 503 ? "Every place is taken; waiting…" : `Not connected: ${error.message}`, 5);
  }
}

sound.addEventListener("click", () => {
  video.muted = false;
  sound.hidden = true;
});
addEventListener("pagehide", () => session?.leave());
watch().catch((error) => tell("wrong", error.status === 401 ? "This link lacks its token" : error.message));
