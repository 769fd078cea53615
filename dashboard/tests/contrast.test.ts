/**
 * Goal: all text is readable: contrast of AA (4.5) in light and dark, and statuses that differ without colour. Method: the
 * variables of app.css, by the formula of WCAG 2.
 */

import assert from "node:assert/strict";
import test from "node:test";

import css from "../app.css";
import { statuses } from "../src/protocol";
import { symbols } from "../src/tile";
import { contrast, schemes } from "./contrast";

for (const [name, scheme] of Object.entries(schemes(css))) {
  test(`${name}: text on its ground has a contrast of 4.5 or more`, () => {
    const pairs = [["text", "page"], ["text", "card"], ["muted", "page"], ["muted", "card"], ["loud-text", "loud"], ["loud", "page"], ["good", "card"],
      ["loud", "card"], ["page", "accent"], ["page", "good"]];
    for (const status of statuses) pairs.push([`${status}-text`, status], [`${status}-ground-text`, `${status}-ground`]);
    for (const [text = "", ground = ""] of pairs) {
      const value = contrast(scheme, text, ground);
      assert.ok(value >= 4.5, `${text} on ${ground}: ${value.toFixed(2)}`);
    }
  });
}

test("each status has a symbol of its own", () => {
  assert.equal(new Set(statuses.map((status) => symbols[status])).size, statuses.length);
});
