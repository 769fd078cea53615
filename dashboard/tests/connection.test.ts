/**
 * Goal: the page comes back by itself, without storming the server, goes on where it was, and never takes a dead connection for
 * a live one. Method: sockets and a clock of the test's own.
 */

import assert from "node:assert/strict";
import test from "node:test";

import { Connection, isRoom, openWithin_ms, pause_ms, proven_ms, reasonOf, socketUrl } from "../src/connection";
import type { Link, Socket } from "../src/connection";
import type { Frame } from "../src/protocol";
import { Room } from "../src/room";

const counters = '{"students":0,"active":0,"help":0,"error":0,"significantError":0,"idle":0,"executions":0,"errors":0}';
const snapshotText = (sequence: number) => `{"type":"snapshot","epoch":"e-1","sequence":${sequence},"counters":${counters},"students":[]}`;
const deltaText = (from: number, sequence: number) =>
  `{"type":"delta","epoch":"e-1","from":${from},"sequence":${sequence},"counters":${counters},"students":[],"gone":[]}`;

class FakeSocket implements Socket {
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  onclose: ((event: { readonly code: number }) => void) | null = null;
  readonly sent: string[] = [];
  isClosed = false;
  constructor(readonly url: string) {}
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    this.isClosed = true;
  }
}

class Bench {
  now_ms = 1_000;
  readonly sockets: FakeSocket[] = [];
  readonly links: Link[] = [];
  readonly room = new Room();
  readonly connection: Connection;
  token: string | null = null;

  constructor(room: string | null = null) {
    this.connection = new Connection(
      "ws://host/api/v1/live",
      {
        point: () => this.room.point,
        token: () => this.token,
        frame: (frame) => this.take(frame),
        link: (link) => void this.links.push(link),
      },
      {
        open: (url) => {
          const socket = new FakeSocket(url);
          this.sockets.push(socket);
          return socket;
        },
        now: () => this.now_ms,
        random: () => 0,
      },
    );
    this.connection.enter(room);
  }

  get socket(): FakeSocket {
    const last = this.sockets[this.sockets.length - 1];
    assert.ok(last);
    return last;
  }

  get link(): Link {
    const last = this.links[this.links.length - 1];
    assert.ok(last);
    return last;
  }

  say(text: string): void {
    this.socket.onmessage?.({ data: text });
  }

  /** Ticks twice a second, as the page does. */
  pass(duration_ms: number): void {
    for (const end_ms = this.now_ms + duration_ms; this.now_ms < end_ms; ) {
      this.now_ms += 500;
      this.connection.tick();
    }
  }

  private take(frame: Frame): boolean {
    return frame.type !== "snapshot" && frame.type !== "delta" ? true : this.room.apply(frame) !== null;
  }
}

test("it is live with the first picture, not with the open socket", () => {
  const bench = new Bench("class:A B&c");
  assert.equal(bench.socket.url, "ws://host/api/v1/live?room=class%3AA+B%26c");
  assert.equal(bench.link.state, "connecting");
  bench.say('{"type":"pong"}');
  assert.equal(bench.link.state, "connecting");
  bench.say(snapshotText(7));
  assert.equal(bench.link.state, "live");
});

test("behind a break it goes on where it was", () => {
  const bench = new Bench();
  bench.say(snapshotText(7));
  bench.say(deltaText(7, 12));
  bench.socket.onclose?.({ code: 1001 });
  assert.deepEqual(bench.link, { state: "waiting", until_ms: bench.now_ms + 500, reason: "server_stops" });
  bench.pass(500);
  assert.equal(bench.socket.url, socketUrl("ws://host/api/v1/live", null, { epoch: "e-1", sequence: 12 }, null));
  assert.equal(bench.link.state, "connecting");
  bench.say(deltaText(12, 20));
  assert.equal(bench.link.state, "live");
});

test("a frame that does not fit leads to a snapshot, not to a wrong picture", () => {
  for (const wrong of [deltaText(9, 12), "{", '{"type":"delta"}']) {
    const bench = new Bench();
    bench.say(snapshotText(7));
    const first = bench.socket;
    bench.say(wrong);
    assert.ok(first.isClosed);
    assert.equal(bench.link.state, "waiting");
    bench.pass(1_000);
    assert.equal(bench.socket.url, "ws://host/api/v1/live");
    bench.say(snapshotText(30));
    bench.socket.onclose?.({ code: 1006 });
    bench.pass(2_000);
    assert.equal(bench.socket.url, "ws://host/api/v1/live?epoch=e-1&sequence=30");
  }
});

test("it pings every 20 s, and an answered ping keeps it live", () => {
  const bench = new Bench();
  bench.say(snapshotText(1));
  for (let round = 1; round <= 10; round += 1) {
    bench.pass(20_000);
    assert.equal(bench.socket.sent.length, round);
    assert.equal(bench.socket.sent[0], '{"type":"ping"}');
    bench.now_ms += 1;
    bench.say('{"type":"pong"}');
  }
  assert.equal(bench.link.state, "live");
});

test("a dead connection is noticed within 45 s", () => {
  const bench = new Bench();
  bench.say(snapshotText(1));
  const dead = bench.socket;
  bench.pass(39_000);
  assert.equal(bench.link.state, "live");
  bench.pass(6_000);
  assert.ok(dead.isClosed);
  assert.notEqual(bench.link.state, "live");
  const links = bench.links.length;
  dead.onclose?.({ code: 1006 });
  dead.onmessage?.({ data: snapshotText(2) });
  assert.equal(bench.links.length, links, "the socket that was given up says nothing any more");
});

test("a page in the background, with one tick a minute, does not take a living connection for dead", () => {
  const bench = new Bench();
  bench.say(snapshotText(1));
  for (let minute = 0; minute < 5; minute += 1) {
    bench.now_ms += 60_000;
    bench.connection.tick();
    bench.now_ms += 5;
    bench.say('{"type":"pong"}');
  }
  assert.equal(bench.link.state, "live");
});

test("a connection that does not open is given up", () => {
  const bench = new Bench();
  bench.pass(openWithin_ms);
  assert.equal(bench.link.state, "waiting");
  assert.ok(bench.socket.isClosed);
});

test("pauses grow to half a minute and are left to chance by half", () => {
  assert.deepEqual([1, 2, 3, 7, 50].map((failures) => pause_ms(failures, 0)), [500, 1_000, 2_000, 30_000, 30_000]);
  assert.equal(pause_ms(2, 0.999_999) > 500, true);
  assert.equal(pause_ms(2, 0.5), 750);
});

test("only a connection that held makes the pauses short again", () => {
  const bench = new Bench();
  const pauses: number[] = [];
  const fail = () => {
    bench.socket.onclose?.({ code: 4001 });
    assert.ok(bench.link.state === "waiting");
    pauses.push(bench.link.until_ms - bench.now_ms);
    bench.pass(bench.link.until_ms - bench.now_ms);
  };
  for (let round = 0; round < 3; round += 1) {
    bench.say(snapshotText(round));
    bench.say('{"type":"pong"}');
    fail();
  }
  bench.say(snapshotText(9));
  bench.pass(proven_ms);
  bench.say('{"type":"pong"}');
  fail();
  assert.deepEqual(pauses, [500, 1_000, 2_000, 500]);
});

test("why the connection ended is told until there is another one, however many attempts fail", () => {
  const bench = new Bench();
  const reason = () => (bench.link.state === "waiting" ? bench.link.reason : null);
  bench.say(snapshotText(1));
  bench.socket.onclose?.({ code: 1001 });
  for (let attempt = 0; attempt < 3; attempt += 1) {
    bench.connection.retry();
    bench.socket.onclose?.({ code: 1006 });
    assert.equal(reason(), "server_stops");
  }
  bench.connection.retry();
  bench.say(snapshotText(2));
  bench.socket.onclose?.({ code: 1006 });
  assert.equal(reason(), "lost");
});

test("a pause can be ended early, anything else cannot", () => {
  const bench = new Bench();
  bench.connection.retry();
  assert.equal(bench.sockets.length, 1);
  bench.socket.onclose?.({ code: 1006 });
  bench.connection.retry();
  assert.equal(bench.sockets.length, 2);
  bench.connection.retry();
  assert.equal(bench.sockets.length, 2);
});

test("each close code of live.md has its reason", () => {
  const expected = [
    [1001, "server_stops"], [1002, "protocol"], [1003, "protocol"], [1007, "protocol"], [1009, "protocol"],
    [1011, "server_error"], [4001, "too_slow"], [4003, "logged_out"], [1006, "lost"], [1000, "lost"],
  ] as const;
  for (const [code, reason] of expected) assert.equal(reasonOf(code), reason, String(code));
});

test("the rooms of the server are known, and for another one nothing is tried", () => {
  for (const room of ["class:PY-2026-03", "team:チームA", "student:a@b.c"]) assert.ok(isRoom(room), room);
  for (const room of ["", "class:", "room:1", "PY-2026-03", "Class:A"]) {
    assert.ok(!isRoom(room), room);
    const bench = new Bench(room);
    bench.pass(60_000);
    assert.equal(bench.sockets.length, 0);
    assert.deepEqual(bench.links, [{ state: "refused" }]);
  }
});

test("whoever is logged in opens the socket with their token, as it is at that moment", () => {
  const bench = new Bench();
  bench.token = "one";
  bench.socket.onclose?.({ code: 1006 });
  bench.connection.retry();
  assert.equal(bench.socket.url, "ws://host/api/v1/live?token=one");
});

test("with a new token it goes on over another socket, and stays live only if something comes", () => {
  const bench = new Bench();
  bench.say(snapshotText(7));
  const first = bench.socket;
  bench.token = "two";
  bench.connection.renew();
  assert.ok(first.isClosed);
  assert.equal(bench.socket.url, "ws://host/api/v1/live?epoch=e-1&sequence=7&token=two");
  first.onclose?.({ code: 4003 });
  assert.equal(bench.link.state, "live");
  bench.now_ms += 1;
  bench.say(deltaText(7, 9));
  bench.pass(30_000);
  bench.say('{"type":"pong"}');
  assert.equal(bench.link.state, "live");
  bench.now_ms += 1;
  bench.connection.renew();
  bench.pass(20_000);
  assert.equal(bench.link.state, "waiting", "nothing came");
});

test("closed it tries nothing, until it is to look at a room", () => {
  const bench = new Bench();
  bench.say(snapshotText(7));
  bench.connection.close();
  assert.ok(bench.socket.isClosed);
  bench.connection.renew();
  bench.connection.retry();
  bench.pass(60_000);
  assert.equal(bench.sockets.length, 1);
  assert.equal(bench.link.state, "closed");
  bench.room.clear();
  bench.connection.enter("class:A");
  assert.equal(bench.socket.url, "ws://host/api/v1/live?room=class%3AA");
});
