// Pictures and films of the painting, made in the browser and saved by it.

const KINDS = ["video/mp4;codecs=avc1.42E01F,mp4a.40.2", "video/webm;codecs=vp9,opus", "video/webm"];

function save(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function stamp() {
  return new Date().toISOString().slice(0, 19).replace(/[:T]/g, "-");
}

export async function snapshot(video) {
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  canvas.getContext("2d").drawImage(video, 0, 0);
  save(await canvas.convertToBlob({ type: "image/png" }), `streamstyle-${stamp()}.png`);
}

export class Film {
  start(stream) {
    const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
    this.parts = [];
    this.recorder = new MediaRecorder(stream, { mimeType, videoBitsPerSecond: 8_000_000 });
    this.recorder.addEventListener("dataavailable", ({ data }) => data.size && this.parts.push(data));
    this.recorder.addEventListener("stop", () => this.keep(mimeType));
    this.recorder.start(1000);
  }

  keep(kind) {
    const ending = kind.startsWith("video/mp4") ? "mp4" : "webm";
    if (this.parts.length) save(new Blob(this.parts, { type: kind }), `streamstyle-${stamp()}.${ending}`);
  }

  get running() {
    return this.recorder?.state === "recording";
  }

  stop() {
    if (this.running) this.recorder.stop();
  }
}
