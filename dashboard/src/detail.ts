/** The panel of one student: errors and recent executions. */

import { recentExecutions } from "./api";
import type { Execution, Outcome } from "./api";
import { button, byId, element } from "./dom";
import type { Words } from "./dom";
import type { Student } from "./protocol";
import { nameOf, symbols } from "./tile";

/** Between two readings of the executions while the student works. */
const readEvery_ms = 2_000;

export class Detail {
  private readonly panel = byId("detail", HTMLElement);
  private student: Student | null = null;
  private executions: Outcome<Execution[]> | null = null;
  private readExecutions = -1;
  private readAt_ms = 0;
  private isReading = false;

  constructor(
    private readonly around: () => { readonly words: Words; readonly now_ms: number },
    private readonly onClose: (student: Student) => void,
  ) {
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
    this.readExecutions = -1;
    this.readAt_ms = 0;
    this.isReading = false;
    this.panel.hidden = false;
    this.render();
    this.panel.querySelector<HTMLElement>("h2")?.focus();
    this.tick();
  }

  close(): void {
    if (this.student === null) return;
    const student = this.student;
    this.student = null;
    this.panel.hidden = true;
    this.panel.replaceChildren();
    this.onClose(student);
  }

  /** The room after a change. A student who left it is no longer shown. */
  update(students: ReadonlyMap<string, Student>): void {
    if (this.student === null) return;
    const now = students.get(this.student.email);
    if (now === undefined) return this.close();
    if (now === this.student) return;
    this.student = now;
    this.render();
  }

  /** Reads the executions when there may be new ones. */
  tick(): void {
    const student = this.student;
    if (student === null || this.isReading || student.executions === this.readExecutions) return;
    if (this.readAt_ms !== 0 && Date.now() - this.readAt_ms < readEvery_ms) return;
    void this.read(student);
  }

  render(): void {
    const { student } = this;
    if (student === null) return;
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
    fact(texts.lastActivity, student.lastActivityAt === null ? null : texts.ago(format.duration(now_ms - student.lastActivityAt)));
    fact(texts.executions, `${format.number(student.executions)} (${texts.failed(format.number(student.errors))})`);
    const hadFocus = this.panel.contains(document.activeElement);
    const top = this.panel.scrollTop;
    this.panel.replaceChildren(
      head,
      state,
      facts,
      element("h3", "", texts.errorCells),
      this.errorCells(student, words, now_ms),
      element("h3", "", texts.recentExecutions),
      this.executionList(words),
    );
    this.panel.scrollTop = top;
    if (hadFocus) name.focus({ preventScroll: true });
  }

  private errorCells(student: Student, { texts, format }: Words, now_ms: number): HTMLElement {
    if (student.errorCells.length === 0) return element("p", "", texts.noErrorCells);
    const list = element("ul", "cells");
    for (const cell of student.errorCells) {
      const item = element("li");
      item.append(element("code", "", cell.cellId), element("b", "", texts.failures(format.number(cell.count))));
      if (cell.lastErrorAt !== null) item.append(element("span", "", texts.ago(format.duration(now_ms - cell.lastErrorAt))));
      list.append(item);
    }
    return list;
  }

  private executionList(words: Words): HTMLElement {
    const { texts } = words;
    if (this.executions === null) return element("p", "", texts.loading);
    if ("why" in this.executions) return element("p", "bad", texts.activityFailed(this.executions.why || texts.noAnswer));
    if (this.executions.value.length === 0) return element("p", "", texts.noExecutions);
    const list = element("ol", "executions");
    list.append(...this.executions.value.map((execution) => executionItem(execution, words)));
    return list;
  }

  private async read(student: Student): Promise<void> {
    this.isReading = true;
    this.readAt_ms = Date.now();
    const executions = await recentExecutions(student.email);
    if (this.student?.email !== student.email) return;
    this.isReading = false;
    this.readExecutions = student.executions;
    this.executions = executions;
    this.render();
  }
}

function executionItem(execution: Execution, { texts, format }: Words): HTMLElement {
  const item = element("li", execution.hasError ? "bad" : "good");
  const head = element("div", "line");
  head.append(element("b", "", execution.hasError ? `! ${texts.error}` : `✓ ${texts.succeeded}`));
  if (execution.cellIndex !== null) head.append(element("span", "", texts.cell(execution.cellIndex + 1)));
  if (execution.at !== null) head.append(element("time", "", format.time(execution.at)));
  item.append(head);
  if (execution.code !== null) item.append(element("pre", "code", execution.code));
  const said = execution.hasError ? execution.errorMessage ?? execution.output : execution.output;
  if (said !== null) item.append(element("pre", "output", said));
  return item;
}
