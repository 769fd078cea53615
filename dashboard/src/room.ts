/** What the page knows of its room: the fold of snapshots and deltas. */

import type { Counters, Delta, Snapshot, Student } from "./protocol";

/** What a frame did to the students. */
export interface Change {
  readonly changed: readonly string[];
  readonly gone: readonly string[];
  /** Who asks for help now and did not before; nobody with the first snapshot. */
  readonly newlyAsking: readonly Student[];
}

/** Where to go on after a break. */
export interface Point {
  readonly epoch: string;
  readonly sequence: number;
}

export class Room {
  readonly students = new Map<string, Student>();
  counters: Counters | null = null;
  private at: Point | null = null;

  /** null before the first snapshot. */
  get point(): Point | null {
    return this.at;
  }

  /** Forgets all; whoever was there. */
  clear(): string[] {
    const gone = [...this.students.keys()];
    this.students.clear();
    this.counters = null;
    this.at = null;
    return gone;
  }

  /** null: the delta does not follow what is here, and a snapshot is needed. */
  apply(frame: Snapshot | Delta): Change | null {
    if (frame.type === "delta" && !this.isFollowedBy(frame)) return null;
    const isFirst = this.at === null;
    const gone = frame.type === "delta" ? frame.gone : this.absentFrom(frame);
    for (const email of gone) this.students.delete(email);
    const newlyAsking: Student[] = [];
    for (const student of frame.students) {
      if (!isFirst && student.asksHelp && this.students.get(student.email)?.asksHelp !== true) {
        newlyAsking.push(student);
      }
      this.students.set(student.email, student);
    }
    this.counters = frame.counters;
    this.at = { epoch: frame.epoch, sequence: frame.sequence };
    return { changed: frame.students.map((student) => student.email), gone, newlyAsking };
  }

  private isFollowedBy(delta: Delta): boolean {
    return this.at !== null && this.at.epoch === delta.epoch && delta.from <= this.at.sequence;
  }

  private absentFrom(snapshot: Snapshot): string[] {
    const present = new Set(snapshot.students.map((student) => student.email));
    return [...this.students.keys()].filter((email) => !present.has(email));
  }
}
