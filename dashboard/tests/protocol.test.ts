/** Goal: a frame is understood whole or refused; what a later server adds is ignored. Method: the frames of live.md, then damaged. */

import assert from "node:assert/strict";
import test from "node:test";

import { parseFrame } from "../src/protocol";

const counters = { students: 1, active: 0, help: 1, error: 0, significantError: 0, idle: 0, executions: 7, errors: 2 };
const wireStudent = {
  email: "a@b.c", name: "山田 <b>", team: "チームA", classCode: null, status: "help", since: "2026-11-25T09:30:00.123456Z",
  help: { asking: true, since: "2026-11-25T09:30:00Z" }, executions: 7, errors: 2, consecutiveErrors: 2,
  errorCells: [{ cellId: "c1", count: 2, lastErrorAt: "2026-11-25T09:29:00Z" }], notebook: "a/b.ipynb", cellId: "c1", cellIndex: 0,
  runningSince: null, lastActivityAt: "2026-11-25T09:30:00Z", seat: 12,
};
const wireSnapshot = { type: "snapshot", epoch: "0190-1", sequence: 48211, at: "2026-11-25T09:30:01Z", counters, students: [wireStudent] };
const wireDelta = { ...wireSnapshot, type: "delta", from: 48200, gone: ["x@y.z"] };
const wireStatus = {
  type: "status", received: 48240, missing: 0, resent: 12, doubled: null, checkedThrough: null,
  projections: [{ name: "relational", state: "running", lagEvents: 0, lagSeconds: 0.0 }],
};

test("a snapshot is read with all its fields", () => {
  const frame = parseFrame(JSON.stringify(wireSnapshot));
  assert.ok(frame?.type === "snapshot");
  assert.equal(frame.sequence, 48211);
  assert.deepEqual(frame.counters, counters);
  assert.deepEqual(frame.students[0], {
    email: "a@b.c", name: "山田 <b>", team: "チームA", classCode: null, status: "help", since: Date.UTC(2026, 10, 25, 9, 30, 0, 123),
    asksHelp: true, helpSince: Date.UTC(2026, 10, 25, 9, 30), executions: 7, errors: 2, consecutiveErrors: 2,
    errorCells: [{ cellId: "c1", count: 2, lastErrorAt: Date.UTC(2026, 10, 25, 9, 29) }], notebook: "a/b.ipynb", cellId: "c1",
    cellIndex: 0, runningSince: null, lastActivityAt: Date.UTC(2026, 10, 25, 9, 30),
  });
});

test("delta, status and pong are read", () => {
  const delta = parseFrame(JSON.stringify(wireDelta));
  assert.ok(delta?.type === "delta");
  assert.equal(delta.from, 48200);
  assert.deepEqual(delta.gone, ["x@y.z"]);
  const status = parseFrame(JSON.stringify(wireStatus));
  assert.ok(status?.type === "status");
  assert.equal(status.doubled, null);
  assert.equal(status.projections[0]?.lagEvents, 0);
  assert.equal(parseFrame('{"type":"pong"}')?.type, "pong");
});

test("a frame of another type is ignored, not refused", () => {
  assert.equal(parseFrame('{"type":"seating","seats":[]}')?.type, "other");
});

test("what is no frame is refused", () => {
  for (const text of ["", "pong", "null", "[]", '"snapshot"', "{", '{"type":"snapshot"}', '{"type":"delta","epoch":"e"}']) {
    assert.equal(parseFrame(text), null, text);
  }
});

test("no field that the page shows may be missing or of another kind", () => {
  for (const key of ["epoch", "sequence", "counters", "students", "from", "gone"]) {
    assert.equal(parseFrame(JSON.stringify({ ...wireDelta, [key]: undefined })), null, key);
  }
  for (const key of ["email", "status", "help", "executions", "errors", "consecutiveErrors", "errorCells"]) {
    assert.equal(parseFrame(JSON.stringify({ ...wireSnapshot, students: [{ ...wireStudent, [key]: undefined }] })), null, key);
  }
  for (const [key, value] of [["name", 1], ["since", "soon"], ["status", "asleep"], ["executions", "7"]] as const) {
    assert.equal(parseFrame(JSON.stringify({ ...wireSnapshot, students: [{ ...wireStudent, [key]: value }] })), null, key);
  }
});

test("a figure of trust that was not sent does not become a good one", () => {
  for (const key of ["received", "missing", "doubled", "projections"]) {
    assert.equal(parseFrame(JSON.stringify({ ...wireStatus, [key]: undefined })), null, key);
  }
});
