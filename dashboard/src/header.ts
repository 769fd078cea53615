/** The lines above the grid: counters, trust, connection. */

import type { Link } from "./connection";
import { button, byId, element, setHidden, setLabel, setText } from "./dom";
import type { Words } from "./dom";
import { statuses } from "./protocol";
import type { Counters, DataStatus, Status } from "./protocol";
import { symbols } from "./tile";
import { projectionFigure, trustFigures } from "./trust";
import type { Figure } from "./trust";

function countOf(counters: Counters, status: Status): number {
  return status === "significant_error" ? counters.significantError : counters[status];
}

interface Counter {
  readonly root: HTMLElement;
  readonly value: HTMLElement;
  readonly name: HTMLElement;
}

/** The counters of the room; those of a status are buttons that show only its students. */
export class CounterLine {
  private readonly students: Counter;
  private readonly executions: Counter;
  private readonly failed = element("span", "failed");
  private readonly byStatus = new Map<Status, Counter>();

  constructor(onStatus: (status: Status) => void) {
    const line = byId("counters", HTMLDivElement);
    this.students = counter(element("div", "counter"));
    line.append(this.students.root);
    for (const status of statuses) {
      const root = button("counter");
      root.dataset["status"] = status;
      root.addEventListener("click", () => onStatus(status));
      const symbol = element("span", "symbol", symbols[status]);
      symbol.setAttribute("aria-hidden", "true");
      root.append(symbol);
      const made = counter(root);
      this.byStatus.set(status, made);
      line.append(root);
    }
    this.executions = counter(element("div", "counter"));
    this.executions.root.append(this.failed);
    line.append(this.executions.root);
  }

  /** null: not known yet. */
  show(counters: Counters | null, chosen: Status | null, { texts, format }: Words): void {
    const count = (value: number | undefined): string => (value === undefined ? "–" : format.number(value));
    setText(this.students.value, count(counters?.students));
    setText(this.students.name, texts.students);
    setText(this.executions.value, count(counters?.executions));
    setText(this.executions.name, texts.executions);
    setText(this.failed, texts.failed(count(counters?.errors)));
    for (const [status, { root, value, name }] of this.byStatus) {
      const students = counters === null ? undefined : countOf(counters, status);
      setText(value, count(students));
      setText(name, texts.status[status]);
      root.classList.toggle("none", students === 0);
      root.title = texts.showOnly(texts.status[status]);
      root.setAttribute("aria-pressed", String(status === chosen));
    }
  }
}

function counter(root: HTMLElement): Counter {
  const value = element("span", "value");
  const name = element("span", "name");
  root.append(value, name);
  return { root, value, name };
}

export class TrustLine {
  private readonly trust = byId("trust", HTMLSpanElement);
  private readonly projections = byId("projections", HTMLSpanElement);

  show(status: DataStatus, words: Words): void {
    this.trust.replaceChildren(...trustFigures(status, words).map(figureElement));
    this.trust.title = words.texts.resent(words.format.number(status.resent));
    this.projections.replaceChildren(
      ...status.projections.map((projection) => figureElement(projectionFigure(projection, words))),
    );
  }
}

function figureElement(figure: Figure): HTMLElement {
  const made = element("span", figure.isLoud ? "figure loud" : "figure", `${figure.name} `);
  made.append(element("b", "", figure.value));
  return made;
}

/** What is said of the link. `age_ms`: of the picture on the page, null when there is none. */
export class LinkLine {
  private readonly pill = byId("link", HTMLSpanElement);
  private readonly banner = byId("banner", HTMLDivElement);
  private readonly text = byId("banner-text", HTMLSpanElement);
  private readonly retry = byId("retry", HTMLButtonElement);

  constructor(onRetry: () => void) {
    this.retry.addEventListener("click", onRetry);
  }

  show(link: Link, age_ms: number | null, now_ms: number, words: Words): void {
    const { texts } = words;
    const isFirst = link.state === "closed" || (link.state === "connecting" && age_ms === null);
    const isQuiet = link.state === "live" || isFirst;
    this.pill.dataset["state"] = isQuiet ? link.state : "waiting";
    setText(this.pill, link.state === "live" ? texts.live : isFirst ? texts.connecting : texts.notLive);
    setHidden(this.banner, isQuiet);
    setText(this.text, isQuiet ? "" : complaint(link, age_ms, now_ms, words));
    setHidden(this.retry, link.state !== "waiting");
  }
}

function complaint(link: Link, age_ms: number | null, now_ms: number, { texts, format }: Words): string {
  if (link.state === "refused") return texts.badRoom;
  const parts: string[] = [];
  if (link.state === "waiting") parts.push(texts.reason[link.reason]);
  if (age_ms !== null) parts.push(texts.pictureAge(format.duration(age_ms)));
  // Whole seconds, of which the last one is 1.
  const pause_ms = link.state === "waiting" ? Math.max(0, link.until_ms - now_ms) + 999 : 0;
  parts.push(link.state === "waiting" ? texts.reconnectingIn(format.duration(pause_ms)) : texts.reconnecting);
  return parts.join(" ");
}

export function labelStatics({ texts }: Words): void {
  for (const node of document.querySelectorAll<HTMLElement>("[data-text]")) setText(node, wordOf(texts, node.dataset["text"]));
  for (const node of document.querySelectorAll<HTMLElement>("[data-label]")) setLabel(node, wordOf(texts, node.dataset["label"]));
}

/** index.html names some texts by their keys. */
function wordOf(texts: Words["texts"], key: string | undefined): string {
  const word = (texts as unknown as Readonly<Record<string, unknown>>)[key ?? ""];
  if (typeof word !== "string") throw new Error(`index.html names the unknown text ${key ?? ""}`);
  return word;
}
