/**
 * Goal: who is logged in stays in for as long as the server lets them, and nobody else is; a refresh token is used once. Method: a
 * server, a storage and a clock of the test's own.
 */

import assert from "node:assert/strict";
import test from "node:test";

import { Entrance } from "../src/entrance";
import { Session } from "../src/session";
import type { Answer, Asked } from "../src/session";

const minutes = 60_000;

class Bench {
  now_ms = 1_000_000;
  readonly kept = new Map<string, string>();
  readonly asked: Asked[] = [];
  answers: (asked: Asked) => Answer | null | Promise<Answer | null> = () => null;
  readonly storage = {
    getItem: (key: string) => this.kept.get(key) ?? null,
    setItem: (key: string, value: string) => void this.kept.set(key, value),
    removeItem: (key: string) => void this.kept.delete(key),
  };
  session = this.open();

  open(): Session {
    return new Session(
      this.storage,
      () => this.now_ms,
      async (asked) => {
        this.asked.push(asked);
        return this.answers(asked);
      },
    );
  }
  lastPath(): string | undefined {
    return this.paths().pop();
  }
  paths(): string[] {
    return this.asked.map((each) => `${each.method} ${each.path} ${each.token ?? "-"}`);
  }
}

const tokens = (number: number) => ({ access_token: `a${number}`, refresh_token: `r${number}`, token_type: "bearer", expires_in: 1_800 });
const answer = (status: number, body: unknown = {}, retryAfter_s: number | null = null): Answer => ({ status, body, retryAfter_s });

test("a reload goes on with the tokens of the tab, another tab has none", () => {
  const bench = new Bench();
  assert.ok(bench.session.take(tokens(1)));
  assert.equal(bench.open().token, "a1");
  bench.session.forget();
  assert.equal(bench.kept.size, 0);
  assert.equal(bench.open().token, null);
});

test("what is stored by somebody else is no login", () => {
  const bench = new Bench();
  for (const text of ["", "null", "[]", "7", "{", '{"access":"a"}', '{"access":1,"refresh":"r","from_ms":1,"until_ms":2}']) {
    bench.kept.set("cellmon.session", text);
    assert.equal(bench.open().token, null, text);
  }
  for (const body of [null, "x", {}, { access_token: "a", refresh_token: "r" }]) assert.equal(bench.session.take(body), false);
});

test("it is renewed before it ends, and not long before", () => {
  const bench = new Bench();
  bench.session.take(tokens(1));
  bench.now_ms += 22 * minutes;
  assert.equal(bench.session.isDue, false);
  bench.now_ms += 1 * minutes;
  assert.equal(bench.session.isDue, true);
});

test("all who ask at once share one renewal", async () => {
  const bench = new Bench();
  bench.session.take(tokens(1));
  bench.answers = ({ path, token }) => {
    if (path.endsWith("/refresh")) return answer(200, tokens(2));
    return token === "a2" ? answer(200, "seen") : answer(401);
  };
  const got = await Promise.all([bench.session.ask("GET", "/x"), bench.session.ask("GET", "/y"), bench.session.renew()]);
  assert.deepEqual(got.map((each) => (typeof each === "string" ? each : each?.body)), ["seen", "seen", "renewed"]);
  assert.equal(bench.paths().filter((path) => path.includes("refresh")).length, 1);
  assert.deepEqual(bench.asked.find(({ path }) => path.includes("refresh"))?.body, { refresh_token: "r1" });
});

test("a refused renewal ends the login, a server that is away does not, and is not asked twice a second", async () => {
  const bench = new Bench();
  bench.session.take(tokens(1));
  bench.now_ms += 29 * minutes;
  for (const silence of [null, answer(503), answer(429)]) {
    bench.answers = () => silence;
    assert.equal(await bench.session.renew(), "unanswered");
    assert.equal(bench.session.token, "a1");
    assert.equal(bench.session.isDue, false);
    bench.now_ms += 10_000;
    assert.equal(bench.session.isDue, true);
  }
  bench.answers = () => answer(401);
  assert.equal(await bench.session.renew(), "ended");
  assert.equal(bench.session.token, null);
  assert.equal(bench.kept.size, 0);
});

test("who logs out while a renewal is on its way stays out", async () => {
  const bench = new Bench();
  bench.session.take(tokens(1));
  let late: (answer: Answer) => void = () => undefined;
  bench.answers = ({ path }) => (path.endsWith("/refresh") ? new Promise((done) => (late = done)) : answer(200));
  const renewal = bench.session.renew();
  await bench.session.end();
  late(answer(200, tokens(2)));
  assert.equal(await renewal, "ended");
  assert.equal(bench.session.token, null);
  assert.equal(bench.lastPath(), "POST /api/v1/auth/logout a1");
});

test("what somebody asked is not asked again with the login of somebody else", async () => {
  const bench = new Bench();
  bench.session.take(tokens(1));
  bench.answers = (asked) => {
    if (asked.token !== "a1") return answer(200);
    bench.session.forget();
    bench.session.take(tokens(2));
    return answer(401);
  };
  assert.equal((await bench.session.ask("POST", "/x"))?.status, 401);
  assert.deepEqual(bench.paths(), ["POST /x a1"]);
});

test("where nobody has to log in nobody is asked to", async () => {
  const bench = new Bench();
  bench.answers = () => answer(200);
  assert.deepEqual(await new Entrance(bench.session).standing(), { state: "open" });
  assert.deepEqual(bench.paths(), ["GET /api/v1/projections -"]);
});

test("who has to log in is told why", async () => {
  const bench = new Bench();
  const entrance = new Entrance(bench.session);
  bench.answers = () => answer(403);
  assert.deepEqual(await entrance.standing(), { state: "out", why: "first" });
  bench.session.take(tokens(1));
  bench.answers = () => answer(401);
  assert.deepEqual(await entrance.standing(), { state: "out", why: "ended" });
  assert.equal(bench.session.token, null);
  for (const silence of [null, answer(503), answer(429)]) {
    bench.session.take(tokens(1));
    bench.answers = () => silence;
    assert.deepEqual(await entrance.standing(), { state: "unknown" });
    assert.equal(bench.session.token, "a1", "a server that is away logs nobody out");
  }
});

test("a student's account is not let in and its login ends", async () => {
  const bench = new Bench();
  bench.session.take(tokens(1));
  bench.answers = ({ path }) => answer(200, path.endsWith("/me") ? { email: "s@x.org", name: "S", role: "student" } : {});
  assert.deepEqual(await new Entrance(bench.session).standing(), { state: "out", why: "forbidden" });
  assert.equal(bench.lastPath(), "POST /api/v1/auth/logout a1");
  assert.equal(bench.session.token, null);
});

test("why a login failed", async () => {
  const bench = new Bench();
  const entrance = new Entrance(bench.session);
  const expected = [
    [answer(401), { kind: "wrong" }], [answer(422), { kind: "malformed" }], [answer(429, {}, 37), { kind: "wait", seconds: 37 }],
    [answer(503), { kind: "away" }], [answer(200, { token: {} }), { kind: "away" }], [null, { kind: "away" }],
  ] as const;
  for (const [got, failure] of expected) {
    bench.answers = () => got;
    assert.deepEqual(await entrance.logIn("a@x.org", "secret"), failure);
    assert.equal(bench.session.token, null);
  }
  bench.answers = () => answer(200, { instructor: {}, token: tokens(3) });
  assert.equal(await entrance.logIn("a@x.org", "secret"), null);
  assert.equal(bench.session.token, "a3");
  assert.equal(bench.asked[bench.asked.length - 1]?.token, null, "a login needs no token");
});
