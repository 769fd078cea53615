/** Goal: the page has what the server has, and never half of it. Method: frames in the orders the protocol allows, and in others. */

import assert from "node:assert/strict";
import test from "node:test";

import { Room } from "../src/room";
import { delta, snapshot, student } from "./examples";

test("a snapshot replaces everything", () => {
  const room = new Room();
  room.apply(snapshot(5, [student("a"), student("b")]));
  const change = room.apply(snapshot(2, [student("b"), student("c")], "e-2"));
  assert.deepEqual([...room.students.keys()], ["b", "c"]);
  assert.deepEqual(change?.gone, ["a"]);
  assert.deepEqual(change?.changed, ["b", "c"]);
  assert.deepEqual(room.point, { epoch: "e-2", sequence: 2 });
});

test("a delta replaces whole students and takes away who left", () => {
  const room = new Room();
  room.apply(snapshot(5, [student("a", { errors: 3, team: "T" }), student("b"), student("c")]));
  const change = room.apply(delta(5, 9, [student("a", { executions: 1 }), student("d")], { gone: ["b"] }));
  assert.deepEqual([...room.students.keys()], ["a", "c", "d"]);
  assert.deepEqual(room.students.get("a"), student("a", { executions: 1 }));
  assert.deepEqual(change?.changed, ["a", "d"]);
  assert.equal(room.point?.sequence, 9);
});

test("a delta applies from its sequence or before, also with the same sequence again", () => {
  const room = new Room();
  room.apply(snapshot(5, []));
  assert.ok(room.apply(delta(3, 7, [student("a")])));
  assert.ok(room.apply(delta(7, 7, [student("a", { status: "idle" })])));
  assert.equal(room.students.get("a")?.status, "idle");
});

test("a delta that does not follow changes nothing", () => {
  const room = new Room();
  assert.equal(room.apply(delta(0, 1, [student("a")])), null);
  room.apply(snapshot(5, []));
  assert.equal(room.apply(delta(6, 8, [student("a")])), null);
  assert.equal(room.apply(delta(5, 8, [student("a")], { epoch: "e-2" })), null);
  assert.equal(room.students.size, 0);
  assert.deepEqual(room.point, { epoch: "e-1", sequence: 5 });
});

test("who asks for help now and did not before is told once", () => {
  const room = new Room();
  const asking = (email: string) => student(email, { status: "help", asksHelp: true });
  assert.deepEqual(room.apply(snapshot(1, [asking("a"), student("b")]))?.newlyAsking, []);
  assert.deepEqual(room.apply(delta(1, 2, [asking("a"), asking("b"), asking("c")]))?.newlyAsking.map((each) => each.email), ["b", "c"]);
  assert.deepEqual(room.apply(snapshot(3, [asking("a"), asking("d")]))?.newlyAsking.map((each) => each.email), ["d"]);
  room.apply(delta(3, 4, [student("a")]));
  assert.deepEqual(room.apply(delta(4, 5, [asking("a")]))?.newlyAsking.map((each) => each.email), ["a"]);
});
