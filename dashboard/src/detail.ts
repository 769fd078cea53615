/** The panel of one student: errors and recent executions. */

import type { Execution, Outcome } from "./api";
import { button, byId, element } from "./dom";
import type { Words } from "./dom";
import type { Student } from "./protocol";
import { nameOf, symbols } from "./tile";

/** Between two readings of the executions. */
const readEvery_ms = 2_000;
/** The executions come from a store that may be behind the live picture: so long after a change they are read again. */
const settle_ms = 10_000;

export interface Surroundings {
  readonly words: Words;
  readonly now_ms: number;
}

export class Detail {
  private readonly panel = byId("detail", HTMLElement);
  private readonly facts = element("div");
  private readonly history = element("div");
  private student: Student | null = null;
  private executions: Outcome<readonly Execution[]> | null = null;
  private changedAt_ms = 0;
  private readAt_ms = 0;

  constructor(
    private readonly around: () => Surroundings,
    private readonly recentExecutions: (email: string) => Promise<Outcome<Execution[]>>,
    private readonly onClose: (student: Student) => void,
  ) {
    // In two parts: who reads or copies a piece of code is not disturbed by a student who goes on working.
    this.panel.append(this.facts, this.history);
    this.panel.addEventListener("click", (event) => {
      if (event.target instanceof Element && event.target.closest(".close") !== null) this.close();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
  }

  open(student: Student): void {
    this.student = student;
    this.executions = null;
    this.changedAt_ms = performance.now();
    this.panel.hidden = false;
    this.render();
    this.panel.querySelector<HTMLElement>("h2")?.focus();
    void this.read(student);
  }

  close(): void {
    const { student } = this;
    if (student === null) return;
    this.student = null;
    this.executions = null;
    this.panel.hidden = true;
    this.facts.replaceChildren();
    this.history.replaceChildren();
    this.onClose(student);
  }

  /** The room after a change. A student who left it is no longer shown. */
  update(students: ReadonlyMap<string, Student>): void {
    if (this.student === null) return;
    const now = students.get(this.student.email);
    if (now === undefined) return this.close();
    if (now === this.student) return;
    if (now.executions !== this.student.executions) this.changedAt_ms = performance.now();
    this.student = now;
    this.renderFacts(now);
  }

  /** Reads the executions while there may be others than are shown. */
  tick(): void {
    const isUnsettled = this.readAt_ms - this.changedAt_ms < settle_ms || (this.executions !== null && "why" in this.executions);
    if (this.student !== null && isUnsettled && performance.now() - this.readAt_ms >= readEvery_ms) void this.read(this.student);
  }

  render(): void {
    if (this.student === null) return;
    this.renderFacts(this.student);
    this.renderHistory();
  }

  private renderFacts(student: Student): void {
    const { words, now_ms } = this.around();
    const { texts, format } = words;
    const name = element("h2", "", nameOf(student));
    name.id = "detail-name";
    name.tabIndex = -1;
    const head = element("div", "head");
    head.append(name, button("close", texts.close));
    const state = element("p", "state", `${symbols[student.status]} ${texts.status[student.status]}`);
    state.dataset["status"] = student.status;
    const facts = element("dl");
    const fact = (term: string, value: string | null): void => {
      if (value !== null) facts.append(element("dt", "", term), element("dd", "", value));
    };
    fact(texts.email, student.email);
    fact(texts.team, student.team);
    fact(texts.classCode, student.classCode);
    fact(texts.notebook, student.notebook);
    fact(texts.lastActivity, student.lastActivityAt === null ? null : format.moment(student.lastActivityAt, now_ms));
    fact(texts.executions, `${format.number(student.executions)} (${texts.failed(format.number(student.errors))})`);
    const hadFocus = this.facts.contains(document.activeElement);
    this.facts.replaceChildren(head, state, facts, element("h3", "", texts.errorCells), errorCells(student, words, now_ms));
    if (hadFocus) name.focus({ preventScroll: true });
  }

  private renderHistory(): void {
    const { words, now_ms } = this.around();
    this.history.replaceChildren(element("h3", "", words.texts.recentExecutions), history(this.executions, words, now_ms));
  }

  private async read(student: Student): Promise<void> {
    this.readAt_ms = performance.now();
    const executions = await this.recentExecutions(student.email);
    if (this.student?.email !== student.email || JSON.stringify(executions) === JSON.stringify(this.executions)) return;
    this.executions = executions;
    this.renderHistory();
  }
}

function errorCells(student: Student, { texts, format }: Words, now_ms: number): HTMLElement {
  if (student.errorCells.length === 0) return element("p", "", texts.noErrorCells);
  const list = element("ul", "cells");
  for (const cell of student.errorCells) {
    const item = element("li");
    item.append(element("code", "", cell.cellId), element("b", "", texts.failures(format.number(cell.count))));
    if (cell.lastErrorAt !== null) item.append(element("time", "", format.moment(cell.lastErrorAt, now_ms)));
    list.append(item);
  }
  return list;
}

function history(executions: Outcome<readonly Execution[]> | null, words: Words, now_ms: number): HTMLElement {
  const { texts } = words;
  if (executions === null) return element("p", "", texts.loading);
  if ("why" in executions) return element("p", "bad", texts.activityFailed(executions.why || texts.noAnswer));
  if (executions.value.length === 0) return element("p", "", texts.noExecutions);
  const list = element("ol", "executions");
  list.append(...executions.value.map((execution) => executionItem(execution, words, now_ms)));
  return list;
}

function executionItem(execution: Execution, { texts, format }: Words, now_ms: number): HTMLElement {
  const item = element("li", execution.hasError ? "bad" : "good");
  const head = element("div", "line");
  head.append(element("b", "", execution.hasError ? `! ${texts.error}` : `✓ ${texts.succeeded}`));
  if (execution.cellIndex !== null) head.append(element("span", "", texts.cell(execution.cellIndex + 1)));
  if (execution.at !== null) head.append(element("time", "", format.moment(execution.at, now_ms)));
  item.append(head);
  if (execution.code !== null) item.append(element("pre", "code", execution.code));
  const said = execution.hasError ? execution.errorMessage ?? execution.output : execution.output;
  if (said !== null) item.append(element("pre", "output", said));
  return item;
}
