/** One student on the grid. */

import { button, element, setHidden, setLabel, setText } from "./dom";
import type { Words } from "./dom";
import { baseName } from "./format";
import type { Status, Student } from "./protocol";

/** Beside the colour, for those who do not see it. */
export const symbols: Readonly<Record<Status, string>> = {
  help: "?",
  significant_error: "‼",
  error: "!",
  active: "▶",
  idle: "–",
};

export function nameOf(student: Student): string {
  return student.name ?? student.email;
}

/** Whether resolving the errors of the student changes anything that the tile shows. */
export function hasErrors(student: Student): boolean {
  const isMarked = student.status === "error" || student.status === "significant_error";
  return isMarked || (student.status === "help" && student.consecutiveErrors > 0);
}

export class Tile {
  readonly root = element("li", "tile");
  /** Opens the details; its area is the whole tile. */
  readonly open = button("open");
  private readonly symbol = element("span", "symbol");
  private readonly team = element("span", "team");
  private readonly status = element("span", "status");
  private readonly age = element("span", "age");
  private readonly notebook = element("span", "notebook");
  private readonly cell = element("span", "cell");
  private readonly streak = element("span", "streak");
  private readonly running = element("span", "running");
  private readonly dismiss = button("action");
  private readonly resolve = button("action");

  constructor(private shown: Student, words: Words, now_ms: number) {
    this.root.dataset["email"] = shown.email;
    this.open.dataset["action"] = "open";
    this.dismiss.dataset["action"] = "dismiss";
    this.resolve.dataset["action"] = "resolve";
    this.running.setAttribute("role", "img");
    this.symbol.setAttribute("aria-hidden", "true");
    const head = element("div", "head");
    head.append(this.symbol, this.open);
    const state = element("div", "state");
    state.append(this.status, this.age, this.streak);
    const where = element("div", "where");
    where.append(this.notebook, this.cell, this.running);
    const actions = element("div", "actions");
    actions.append(this.team, this.dismiss, this.resolve);
    this.root.append(head, state, where, actions);
    this.show(shown, words, now_ms);
  }

  get student(): Student {
    return this.shown;
  }

  show(student: Student, words: Words, now_ms: number): void {
    this.shown = student;
    const { texts, format } = words;
    const name = nameOf(student);
    if (this.root.dataset["status"] !== student.status) this.root.dataset["status"] = student.status;
    setText(this.symbol, symbols[student.status]);
    setText(this.open, name);
    this.open.title = [student.name, student.email, student.team].filter((each) => each !== null).join(" · ");
    setText(this.team, student.team ?? "");
    this.team.title = student.team ?? "";
    setText(this.status, texts.status[student.status]);
    setText(this.notebook, student.notebook === null ? "" : baseName(student.notebook));
    this.notebook.title = student.notebook ?? "";
    setText(this.cell, student.cellIndex === null ? "" : texts.cell(student.cellIndex + 1));
    setText(this.streak, student.consecutiveErrors > 0 ? `×${format.number(student.consecutiveErrors)}` : "");
    this.streak.title = student.consecutiveErrors > 0 ? texts.inARow(format.number(student.consecutiveErrors)) : "";
    showAction(this.dismiss, student.asksHelp, texts.dismissHelp, texts.dismissHelpOf(name));
    showAction(this.resolve, hasErrors(student), texts.resolveError, texts.resolveErrorOf(name));
    this.tick(words, now_ms);
  }

  /** What changes with time alone. */
  tick(words: Words, now_ms: number): void {
    const since = this.shown.status === "help" ? this.shown.helpSince ?? this.shown.since : this.shown.since;
    setText(this.age, since === null ? "" : words.format.duration(now_ms - since));
    const running = this.shown.runningSince;
    const runs = running === null ? "" : words.format.duration(now_ms - running);
    setText(this.running, runs === "" ? "" : `⟳ ${runs}`);
    setLabel(this.running, runs === "" ? "" : words.texts.running(runs));
  }
}

function showAction(action: HTMLButtonElement, isOffered: boolean, text: string, label: string): void {
  setHidden(action, !isOffered);
  setText(action, text);
  setLabel(action, label);
  action.title = label;
}
