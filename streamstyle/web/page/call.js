// The page's own call: camera up, painting down, settings over a data channel. It comes back by itself when it breaks.

import { Refused } from "./access.js";
import { connect } from "./connection.js";
import { Figures } from "./figures.js";

const PATIENCE = 4000;
const BITS_PER_PIXEL = 0.16;
const CODECS = ["video/H264", "video/VP8"];

export class Call extends EventTarget {
  constructor(config) {
    super();
    this.config = config;
    this.wanted = false;
    this.settings = {};
    this.tries = 0;
  }

  tell(kind, detail) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }

  async start(media) {
    this.wanted = true;
    this.media = media;
    await this.open();
  }

  async open() {
    const peer = new RTCPeerConnection({ iceServers: this.config.iceServers, bundlePolicy: "max-bundle" });
    this.peer = peer;
    const incoming = new MediaStream();
    peer.addEventListener("track", (event) => {
      incoming.addTrack(event.track);
      this.tell("stream", incoming);
    });
    peer.addEventListener("connectionstatechange", () => peer === this.peer && this.follow(peer));
    this.talk(peer.createDataChannel("controls"));
    for (const track of this.media.getTracks()) this.send(peer, track);
    this.tell("state", { state: "busy", text: "Connecting…" });
    try {
      const session = await connect(peer, this.path());
      if (peer !== this.peer) return void session.leave();
      this.session = session;
      this.tell("room", session.room);
      this.figures = new Figures(peer, (reading) => this.tell("figures", reading));
    } catch (error) {
      if (peer === this.peer) this.again(error);
    }
  }

  path() {
    const query = new URLSearchParams(location.search);
    const words = new URLSearchParams();
    for (const name of ["room", "style"]) if (query.get(name)) words.set(name, query.get(name));
    return words.size ? `/offer?${words}` : "/offer";
  }

  send(peer, track) {
    if (track.kind === "video") track.contentHint = "motion";
    const transceiver = peer.addTransceiver(track, { direction: "sendrecv", streams: [this.media] });
    if (track.kind !== "video") return;
    const named = new URLSearchParams(location.search).get("codec");
    const order = named ? [`video/${named}`] : CODECS;
    const able = RTCRtpReceiver.getCapabilities("video").codecs;
    const rank = (codec) => (order.indexOf(codec.mimeType) + order.length + 1) % (order.length + 1);
    transceiver.setCodecPreferences([...able].sort((one, other) => rank(one) - rank(other)));
    const { width = 1280, height = 720 } = track.getSettings();
    const parameters = transceiver.sender.getParameters();
    if (!parameters.encodings?.length) return;
    parameters.encodings[0].maxBitrate = Math.max(1_000_000, Math.round(width * height * 30 * BITS_PER_PIXEL));
    // Rather fewer pictures than ones of another size: every size is painted by an engine of its own.
    parameters.degradationPreference = "maintain-resolution";
    transceiver.sender.setParameters(parameters).catch(() => {});
  }

  talk(channel) {
    this.channel = channel;
    channel.addEventListener("open", () => this.change(this.settings));
    channel.addEventListener("message", ({ data }) => {
      const message = JSON.parse(data);
      if (message.hello) this.tell("settings", message.hello.settings);
      if (message.settings) this.tell("settings", message.settings);
      if (message.error) this.tell("notice", message.error);
      if (message.figures && this.figures) this.figures.server = message.figures;
      if (message.bye) this.farewell = message.bye;
    });
  }

  // Changes go out at most once a picture; the newest value of each setting counts.
  change(settings) {
    Object.assign(this.settings, settings);
    this.pending = { ...this.pending, ...settings };
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      if (this.channel?.readyState !== "open") return;
      if (Object.keys(this.pending).length) this.channel.send(JSON.stringify({ set: this.pending }));
      this.pending = {};
    }, 33);
  }

  follow(peer) {
    const state = peer.connectionState;
    clearTimeout(this.watch);
    if (state === "connected") {
      this.tries = 0;
      this.tell("state", { state: "live", text: "Painting" });
    } else if (state === "disconnected") {
      this.tell("state", { state: "busy", text: "Connection lost, coming back…" });
      this.watch = setTimeout(() => this.again(), PATIENCE);
    } else if (state === "failed" || state === "closed") {
      this.again();
    }
  }

  again(error) {
    this.drop();
    if (!this.wanted) return;
    if (error instanceof Refused && ![429, 503, 409].includes(error.status)) {
      this.wanted = false;
      return this.tell("ended", error);
    }
    const wait = Math.max(error?.retryAfter ?? 0, Math.min(2 ** this.tries++, 15));
    const full = error instanceof Refused && error.status === 503;
    const text = full ? `Every place is taken; trying again in ${wait} s` : this.reason(wait);
    this.tell("state", { state: full ? "wrong" : "busy", text });
    this.watch = setTimeout(() => this.wanted && this.open(), 1000 * wait);
  }

  reason(wait) {
    const said = this.farewell ? `Ended: ${this.farewell}` : "Connection lost";
    this.farewell = undefined;
    return `${said}; trying again in ${wait} s`;
  }

  async replace(media) {
    const before = this.media;
    this.media = media;
    if (!this.wanted) return;
    this.drop();
    before.getTracks().forEach((track) => media.getTracks().includes(track) || track.stop());
    await this.open();
  }

  drop() {
    clearTimeout(this.watch);
    this.figures?.stop();
    const { peer, session } = this;
    this.peer = this.session = this.figures = undefined;
    session?.leave();
    peer?.close();
  }

  stop() {
    this.wanted = false;
    this.drop();
    this.media?.getTracks().forEach((track) => track.stop());
    this.tell("state", { state: "idle", text: "Stopped" });
  }
}
