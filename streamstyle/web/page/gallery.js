// The styles to choose from: one is chosen, as with radio buttons, by pointer or by arrow keys.

import { ask } from "./access.js";

function hue(name) {
  return [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 7);
}

async function thumbnail(image, name) {
  const response = await ask(`/styles/${encodeURIComponent(name)}/thumbnail`);
  if (response.ok) image.src = URL.createObjectURL(await response.blob());
}

export class Gallery extends EventTarget {
  constructor(root, second) {
    super();
    this.root = root;
    this.second = second;
    root.addEventListener("keydown", (event) => this.step(event));
  }

  show(styles) {
    const chosen = this.chosen;
    this.root.replaceChildren(...styles.map((style) => this.card(style)));
    const options = styles.map((style) => new Option(style.title, style.name));
    const kept = this.second.value;
    this.second.replaceChildren(new Option("no second style", ""), ...options);
    this.second.value = kept;
    this.choose(chosen ?? styles[0]?.name);
  }

  card(style) {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("role", "radio");
    button.dataset.name = style.name;
    const picture = document.createElement(style.thumbnail ? "img" : "span");
    picture.className = "thumb";
    picture.style.setProperty("--hue", hue(style.name));
    if (style.thumbnail) {
      picture.alt = "";
      thumbnail(picture, style.name);
    }
    const name = Object.assign(document.createElement("span"), { className: "name", textContent: style.title });
    const artist = Object.assign(document.createElement("span"), { className: "artist", textContent: style.artist });
    button.append(picture, name, artist);
    button.addEventListener("click", () => this.pick(style.name));
    return button;
  }

  pick(name) {
    this.choose(name);
    this.dispatchEvent(new CustomEvent("pick", { detail: name }));
  }

  choose(name) {
    const changed = this.chosen !== name;
    this.chosen = name;
    for (const button of this.root.children) {
      const here = button.dataset.name === name;
      button.setAttribute("aria-checked", here);
      button.tabIndex = here ? 0 : -1;
      if (here && changed) this.reveal(button);
    }
  }

  // Within the gallery only: the page itself stays where it is.
  reveal(button) {
    const { root } = this;
    root.scrollTo({
      left: button.offsetLeft - root.offsetLeft - (root.clientWidth - button.offsetWidth) / 2,
      top: button.offsetTop - root.offsetTop - (root.clientHeight - button.offsetHeight) / 2,
      behavior: "smooth",
    });
  }

  step(event) {
    const way = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!way) return;
    event.preventDefault();
    const cards = [...this.root.children];
    const index = cards.findIndex((card) => card.dataset.name === this.chosen);
    const next = cards[(index + way + cards.length) % cards.length];
    next.focus();
    this.pick(next.dataset.name);
  }
}
