// A painting dropped on the page becomes a style: sent up, watched while it is learnt, added to the gallery.

import { ask, checked } from "./access.js";

const EVERY = 3000;

export class Teaching extends EventTarget {
  constructor({ button, text, bar, preview, file, drop }) {
    super();
    Object.assign(this, { button, text, bar, preview });
    button.hidden = false;
    button.addEventListener("click", () => file.click());
    file.addEventListener("change", () => file.files[0] && this.send(file.files[0]));
    addEventListener("dragover", (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
    addEventListener("dragleave", (event) => event.relatedTarget ?? drop.classList.remove("over"));
    addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      if (event.dataTransfer.files[0]) this.send(event.dataTransfer.files[0]);
    });
    this.follow();
  }

  async send(file) {
    this.say("Sending the painting…");
    try {
      const name = encodeURIComponent(file.name.replace(/\.\w+$/, ""));
      await checked(`/train?name=${name}`, { method: "POST", body: file });
      this.follow();
    } catch (error) {
      this.say(`It was not taken: ${error.message}`);
    }
  }

  async follow() {
    clearTimeout(this.timer);
    const report = await (await ask("/train")).json().catch(() => ({}));
    const working = report.state === "starting" || report.state === "training";
    this.bar.hidden = !working;
    this.bar.value = report.progress ?? 0;
    if (working) this.say(`Learning ${report.name}: ${Math.round(100 * report.progress)}%`);
    if (report.preview && working) this.look();
    if (report.state === "failed") this.say(`Learning ${report.name} failed: ${report.reason}`);
    if (report.state === "done" && this.working) {
      this.say(`${report.name} is in the gallery`);
      this.dispatchEvent(new CustomEvent("learnt", { detail: report.name }));
    }
    this.working = working;
    if (working) this.timer = setTimeout(() => this.follow(), EVERY);
  }

  async look() {
    const response = await ask("/train/preview");
    if (!response.ok) return;
    URL.revokeObjectURL(this.preview.src);
    this.preview.src = URL.createObjectURL(await response.blob());
    this.preview.hidden = false;
  }

  say(text) {
    this.text.textContent = text;
  }
}
