/** Goal: filters, times, figures and texts say what is so, in both languages. Method: examples at the borders. */

import assert from "node:assert/strict";
import test from "node:test";

import page from "../index.html";
import { ServerClock } from "../src/clock";
import { choices, isFiltering, matches, noFilter } from "../src/filter";
import { baseName, Format } from "../src/format";
import type { DataStatus } from "../src/protocol";
import { chooseLanguage, textsOf } from "../src/texts";
import { hasErrors } from "../src/tile";
import { projectionFigure, trustFigures } from "../src/trust";
import { student } from "./examples";

const en = { texts: textsOf.en, format: new Format("en", textsOf.en) };
const ja = { texts: textsOf.ja, format: new Format("ja", textsOf.ja) };
const dataStatus: DataStatus = { type: "status", received: 48240, missing: 0, resent: 12, doubled: 0, projections: [] };

test("the trust line of whole data is quiet", () => {
  const figures = trustFigures(dataStatus, en);
  assert.equal(figures.map((each) => `${each.name} ${each.value}`).join(" · "), "received 48,240 · missing 0 · doubled 0");
  assert.ok(figures.every((each) => !each.isLoud));
});

test("missing and doubled are loud, and not checked is not 0", () => {
  const loud = (status: Partial<DataStatus>) =>
    trustFigures({ ...dataStatus, ...status }, en).filter((each) => each.isLoud).map((each) => `${each.name} ${each.value}`);
  assert.deepEqual(loud({ missing: 3 }), ["missing 3"]);
  assert.deepEqual(loud({ doubled: 1 }), ["doubled 1"]);
  assert.deepEqual(trustFigures({ ...dataStatus, doubled: null }, en)[2], { name: "doubled", value: "not checked yet", isLoud: false });
});

test("a store that is far behind or in trouble is loud", () => {
  const of = (state: string, lagEvents: number, lagSeconds: number) => projectionFigure({ name: "r", state, lagEvents, lagSeconds }, en);
  assert.deepEqual(of("running", 0, 0), { name: "r", value: "up to date", isLoud: false });
  assert.deepEqual(of("catching_up", 1203, 4.2), { name: "r", value: "catching up · 1,203 events, 4 s behind", isLoud: false });
  assert.equal(of("running", 30, 0.4).value, "up to date");
  assert.ok(of("running", 9, 10.5).isLoud);
  assert.ok(of("retrying", 0, 0).isLoud);
  assert.equal(of("rebuilding", 0, 0).value, "rebuilding");
});

test("durations change their unit where people do", () => {
  const seconds = [-5, 0, 59.9, 60, 3599, 3600, 3600 * 24 - 1, 3600 * 24, 3600 * 49];
  const say = (words: typeof en) => seconds.map((each) => words.format.duration(each * 1000));
  assert.deepEqual(say(en), ["0 s", "0 s", "59 s", "1 min", "59 min", "1 h 0 min", "23 h 59 min", "1 day", "2 days"]);
  assert.equal(ja.format.duration(3_661_000), "1 時間 1 分");
});

test("a moment has its date when that is not today's", () => {
  const now = new Date(2026, 10, 25, 9, 30).getTime();
  assert.equal(en.format.moment(now - 60_000, now), "09:29:00");
  assert.ok(en.format.moment(now - 24 * 3_600_000, now).startsWith("Nov 24"));
  assert.ok(ja.format.moment(now - 24 * 3_600_000, now).startsWith("11月24日"));
});

test("a notebook is told by its name", () => {
  assert.equal(baseName("演習/第1回.ipynb"), "第1回");
  assert.equal(baseName("plain"), "plain");
  assert.equal(baseName("folder/"), "folder/");
});

test("each word of a search must be found, whatever its width and case", () => {
  const person = student("tanaka@example.com", { name: "田中 Ken", team: "チームA", notebook: "演習/loops.ipynb", status: "error" });
  for (const search of ["", "  ", "ｋＥＮ", "田中 loops", "チームA ken", "TANAKA@"]) assert.ok(matches({ ...noFilter, search }, person), search);
  for (const search of ["佐藤", "田中 pandas", "ken\ttanake"]) assert.ok(!matches({ ...noFilter, search }, person), search);
  assert.ok(matches({ ...noFilter, status: "error", team: "チームA" }, person));
  assert.ok(!matches({ ...noFilter, status: "help" }, person));
  assert.ok(!matches({ ...noFilter, team: "チームB" }, person));
  assert.ok(!matches({ ...noFilter, classCode: "PY" }, person));
});

test("it is known whether anything is filtered", () => {
  assert.ok(!isFiltering({ ...noFilter, search: " " }));
  for (const some of [{ status: "idle" as const }, { team: "A" }, { classCode: "A" }, { search: "a" }]) assert.ok(isFiltering({ ...noFilter, ...some }));
});

test("the choices are each value once, in order of their numbers", () => {
  const students = ["Team 10", "Team 2", null, "Team 2"].map((team, at) => student(String(at), { team }));
  assert.deepEqual(choices(students, "team"), ["Team 2", "Team 10"]);
});

test("the address decides the language, then the choice before, then the browser", () => {
  assert.equal(chooseLanguage("ja", "en", ["en"]), "ja");
  assert.equal(chooseLanguage("de", "ja", ["en"]), "ja");
  assert.equal(chooseLanguage(null, null, ["fr-FR", "ja-JP", "en-US"]), "ja");
  assert.equal(chooseLanguage(null, null, ["fr"]), "en");
});

test("no text is empty, and every text that index.html names is there", () => {
  for (const texts of [textsOf.en, textsOf.ja]) {
    const words = texts as unknown as Readonly<Record<string, unknown>>;
    for (const [key, value] of Object.entries(words)) assert.notEqual(value, "", key);
    const named = [...page.matchAll(/data-(?:text|label)="([^"]*)"/g)].map((match) => match[1] ?? "");
    assert.ok(named.length > 5);
    for (const key of named) assert.equal(typeof words[key], "string", key);
  }
});

test("resolve is offered where there is something to resolve", () => {
  assert.ok(hasErrors(student("a", { status: "error" })));
  assert.ok(hasErrors(student("a", { status: "help", consecutiveErrors: 1 })));
  assert.ok(!hasErrors(student("a", { status: "help" })));
  assert.ok(!hasErrors(student("a", { status: "active", consecutiveErrors: 1 })));
});

test("times are those of the server, however wrong the clock of this machine is", () => {
  let local_ms = 1_000;
  const clock = new ServerClock(() => local_ms);
  assert.equal(clock.now(), 1_000);
  clock.learn(601_050, 1_000, 1_100);
  local_ms = 2_000;
  assert.equal(clock.now(), 602_000);
});
