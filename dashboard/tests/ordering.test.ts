/** Goal: who waits longest comes first, and nobody else's tile moves. Method: small classes; random orders against a plain oracle. */

import assert from "node:assert/strict";
import test from "node:test";

import { compareStudents, movesBetween, orderKey } from "../src/ordering";
import type { Student } from "../src/protocol";
import { student } from "./examples";

const order = (students: readonly Student[]) => [...students].sort(compareStudents).map((each) => each.email);

test("help by the length of waiting, then stuck by the length of it, then the others at their places", () => {
  const students = [
    student("idle", { status: "idle", team: "A", name: "1" }),
    student("stuck-short", { status: "significant_error", since: 90 }),
    student("help-short", { status: "help", helpSince: 80, since: 1 }),
    student("active", { status: "active", team: "A", name: "10" }),
    student("error", { status: "error", team: "A", name: "2", since: 1 }),
    student("help-long", { status: "help", helpSince: 20, since: 70 }),
    student("stuck-long", { status: "significant_error", since: 10 }),
    student("no-team", { status: "error" }),
  ];
  assert.deepEqual(order(students), ["help-long", "help-short", "stuck-long", "stuck-short", "idle", "error", "active", "no-team"]);
});

test("what a student does who neither asks nor is stuck moves no tile", () => {
  const before = student("a", { status: "active", since: 1, team: "A", name: "N" });
  const after: Student[] = [
    { ...before, status: "error", since: 50, errors: 3, consecutiveErrors: 1 },
    { ...before, status: "idle", since: 99 },
    { ...before, executions: 9, notebook: "x", cellIndex: 3, runningSince: 8, lastActivityAt: 8 },
  ];
  for (const each of after) {
    assert.equal(orderKey(each), orderKey(before));
    assert.equal(compareStudents(each, student("b", { team: "A", name: "O" })), -1);
  }
});

test("a student who waits keeps the place while doing other things", () => {
  const asking = student("a", { status: "help", asksHelp: true, helpSince: 5, since: 5 });
  assert.equal(orderKey({ ...asking, executions: 8, errors: 2, consecutiveErrors: 2, lastActivityAt: 77 }), orderKey(asking));
});

test("what changes the order changes the key", () => {
  const base = student("a", { team: "A", name: "N" });
  const keys = [
    base,
    { ...base, status: "help" as const, helpSince: 5 },
    { ...base, status: "help" as const, helpSince: 6 },
    { ...base, status: "significant_error" as const, since: 5 },
    { ...base, team: "B" },
    { ...base, name: "M" },
  ].map(orderKey);
  assert.equal(new Set(keys).size, keys.length);
});

test("one tile that goes elsewhere is one move, whichever way", () => {
  const now = [...Array(1000).keys()];
  assert.deepEqual([...movesBetween(now, [999, ...now.slice(0, 999)])], [999]);
  assert.deepEqual([...movesBetween(now, [...now.slice(1), 0])], [0]);
  assert.deepEqual([...movesBetween(now, now)], []);
});

test("taking the moves out and putting them in leads to the wanted order, with as few as can be", () => {
  let seed = 7;
  const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
  for (let round = 0; round < 300; round += 1) {
    const now = [...Array(random(8)).keys()];
    const wanted = [...now];
    for (let place = wanted.length - 1; place > 0; place -= 1) {
      const other = random(place + 1);
      [wanted[place], wanted[other]] = [wanted[other] as number, wanted[place] as number];
    }
    const moved = movesBetween(now, wanted);
    assert.deepEqual(now.filter((each) => !moved.has(each)), wanted.filter((each) => !moved.has(each)));
    assert.equal(wanted.length - moved.size, longestRising(wanted), wanted.join());
  }
});

/** Of all subsequences, by trying them. */
function longestRising(values: readonly number[], above = -1): number {
  const [first, ...rest] = values;
  if (first === undefined) return 0;
  const without = longestRising(rest, above);
  return first > above ? Math.max(without, 1 + longestRising(rest, first)) : without;
}
