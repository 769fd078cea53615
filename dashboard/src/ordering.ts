/** The order of the tiles, and how to get from one order to another with few moves. */

import type { Student } from "./protocol";

/** How texts are sorted, in both languages alike: `2` before `10`. */
export const collator = new Intl.Collator(["ja", "en"], { numeric: true });

/**
 * Where a student stands: who asks for help first, then who is stuck, each by how long; all others at a place of their own
 * that does not depend on what they do. Two students of equal text here need no new order.
 */
export function orderKey(student: Student): string {
  return JSON.stringify([urgency(student), waitingSince(student), student.team, student.name]);
}

export function compareStudents(a: Student, b: Student): number {
  return urgency(a) - urgency(b) || waitingSince(a) - waitingSince(b) || compareSeats(a, b);
}

function urgency(student: Student): number {
  if (student.status === "help") return 0;
  return student.status === "significant_error" ? 1 : 2;
}

function waitingSince(student: Student): number {
  switch (student.status) {
    case "help":
      return student.helpSince ?? student.since ?? 0;
    case "significant_error":
      return student.since ?? 0;
    default:
      return 0;
  }
}

function compareSeats(a: Student, b: Student): number {
  // Without a team comes last.
  if ((a.team === null) !== (b.team === null)) return a.team === null ? 1 : -1;
  return (
    collator.compare(a.team ?? "", b.team ?? "") ||
    collator.compare(a.name ?? a.email, b.name ?? b.email) ||
    (a.email < b.email ? -1 : 1)
  );
}

/**
 * What must be taken out of `now` and put elsewhere so that it becomes `wanted`, which holds the same values: as few as can be.
 * Everything else keeps its relative order (a longest increasing subsequence of places).
 */
export function movesBetween<T>(now: readonly T[], wanted: readonly T[]): Set<T> {
  const places = new Map(now.map((value, place) => [value, place]));
  const sequence = wanted.map((value) => places.get(value) ?? -1);
  // ends[n]: where the subsequence of length n + 1 with the least last place ends.
  const ends: number[] = [];
  const before: number[] = [];
  sequence.forEach((place, index) => {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sequence[ends[middle] ?? 0] ?? 0) < place) low = middle + 1;
      else high = middle;
    }
    before[index] = ends[low - 1] ?? -1;
    ends[low] = index;
  });
  const moved = new Set(wanted);
  for (let index = ends[ends.length - 1] ?? -1; index >= 0; index = before[index] ?? -1) {
    moved.delete(wanted[index] as T);
  }
  return moved;
}
