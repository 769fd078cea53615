/** The tiles of all students: made and moved only when something of theirs changed. */

import { byId, setHidden } from "./dom";
import type { Words } from "./dom";
import { matches } from "./filter";
import type { Filter } from "./filter";
import { compareStudents, movesBetween, orderKey } from "./ordering";
import type { Student } from "./protocol";
import { Tile } from "./tile";

const handRests_ms = 2_000;

export type Action = "open" | "dismiss" | "resolve";

export class Grid {
  private readonly list = byId("grid", HTMLUListElement);
  private readonly tiles = new Map<string, Tile>();
  private order: Tile[] = [];
  private needsOrder = false;
  private visible = 0;
  private pointerMovedAt_ms = -Infinity;

  constructor(onAction: (action: Action, student: Student, pressed: HTMLButtonElement) => void) {
    this.list.addEventListener("click", (event) => {
      const pressed = event.target instanceof Element ? event.target.closest("button") : null;
      const tile = this.tileAround(pressed);
      if (pressed !== null && tile !== undefined) onAction(pressed.dataset["action"] as Action, tile.student, pressed);
    });
    this.list.addEventListener("keydown", (event) => this.moveFocus(event));
    this.list.addEventListener("pointermove", () => (this.pointerMovedAt_ms = performance.now()));
  }

  /** How many tiles the filter lets through. */
  get shown(): number {
    return this.visible;
  }

  update(students: ReadonlyMap<string, Student>, emails: Iterable<string>, filter: Filter, words: Words, now_ms: number): void {
    for (const email of emails) {
      const student = students.get(email);
      const tile = this.tiles.get(email);
      if (student === undefined) {
        this.remove(email);
      } else if (tile === undefined) {
        this.tiles.set(email, new Tile(student, words, now_ms));
        this.needsOrder = true;
      } else {
        if (orderKey(tile.student) !== orderKey(student)) this.needsOrder = true;
        tile.show(student, words, now_ms);
      }
    }
    this.filter(filter);
    this.reorder();
  }

  filter(filter: Filter): void {
    this.visible = 0;
    for (const tile of this.tiles.values()) {
      const isShown = matches(filter, tile.student);
      setHidden(tile.root, !isShown);
      if (isShown) this.visible += 1;
    }
  }

  tick(words: Words, now_ms: number): void {
    for (const tile of this.tiles.values()) {
      if (!tile.root.hidden) tile.tick(words, now_ms);
    }
    this.reorder();
  }

  focus(email: string): void {
    this.tiles.get(email)?.open.focus();
  }

  private remove(email: string): void {
    const tile = this.tiles.get(email);
    if (tile === undefined) return;
    this.tiles.delete(email);
    this.order = this.order.filter((each) => each !== tile);
    tile.root.remove();
  }

  private reorder(): void {
    if (!this.needsOrder || this.isAboutToPress()) return;
    this.needsOrder = false;
    const wanted = [...this.tiles.values()].sort((a, b) => compareStudents(a.student, b.student));
    const known = new Set(this.order);
    const added = wanted.filter((tile) => !known.has(tile));
    const moved = movesBetween([...this.order, ...added], wanted);
    for (const tile of added) moved.add(tile);
    const focused = document.activeElement;
    let next: Node | null = null;
    for (const tile of [...wanted].reverse()) {
      if (moved.has(tile)) this.list.insertBefore(tile.root, next);
      next = tile.root;
    }
    this.order = wanted;
    // An element that is moved loses the focus.
    if (focused instanceof HTMLElement && focused !== document.activeElement && this.list.contains(focused)) {
      focused.focus({ preventScroll: true });
    }
  }

  /** Then no tile may slip away under the hand, nor another student's button come under it. A pointer left lying is no hand. */
  private isAboutToPress(): boolean {
    return performance.now() - this.pointerMovedAt_ms < handRests_ms && this.list.querySelector(".action:hover") !== null;
  }

  private tileAround(element: Element | null): Tile | undefined {
    const email = element?.closest<HTMLElement>(".tile")?.dataset["email"];
    return email === undefined ? undefined : this.tiles.get(email);
  }

  /** The arrow keys go from tile to tile. */
  private moveFocus(event: KeyboardEvent): void {
    const tile = this.tileAround(document.activeElement);
    if (tile === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    const shown = this.order.filter((each) => !each.root.hidden);
    const at = shown.indexOf(tile);
    const top = shown[0]?.root.offsetTop;
    const columns = Math.max(1, shown.filter((each) => each.root.offsetTop === top).length);
    const step = new Map([["ArrowRight", 1], ["ArrowLeft", -1], ["ArrowDown", columns], ["ArrowUp", -columns]]).get(event.key);
    const target = step === undefined ? undefined : shown[at + step];
    if (target === undefined) return;
    event.preventDefault();
    target.open.focus();
  }
}
