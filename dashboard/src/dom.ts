/** What the views need of the DOM. Text gets into the page through textContent only: names of students are hostile input. */

import type { Format } from "./format";
import type { Texts } from "./texts";

/** The language in use. */
export interface Words {
  readonly texts: Texts;
  readonly format: Format;
}

export function element<K extends keyof HTMLElementTagNameMap>(tag: K, className = "", text = ""): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className !== "") made.className = className;
  if (text !== "") made.textContent = text;
  return made;
}

export function button(className: string, text = ""): HTMLButtonElement {
  const made = element("button", className, text);
  made.type = "button";
  return made;
}

/** The element of index.html with that id. */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`index.html has no ${kind.name} #${id}`);
  return found;
}

/** Writes only what differs: an unchanged text costs no layout. */
export function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

export function setHidden(node: HTMLElement, hidden: boolean): void {
  if (node.hidden !== hidden) node.hidden = hidden;
}

export function setLabel(node: HTMLElement, label: string): void {
  if (node.getAttribute("aria-label") !== label) node.setAttribute("aria-label", label);
}
