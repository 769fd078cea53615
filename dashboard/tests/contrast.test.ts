/**
 * Goal: all text is readable: contrast of AA (4.5) in light and dark, and statuses that differ without colour. Method: the
 * variables of app.css, by the formula of WCAG 2.
 */

import assert from "node:assert/strict";
import test from "node:test";

import css from "../app.css";
import { statuses } from "../src/protocol";
import { symbols } from "../src/tile";

type Scheme = ReadonlyMap<string, string>;

function schemes(): Record<"light" | "dark", Scheme> {
  const blocks = [...css.matchAll(/:root \{([^}]*)\}/g)].map((match) => match[1] ?? "");
  const read = (block: string | undefined): Scheme =>
    new Map([...(block ?? "").matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map((match) => [match[1] ?? "", match[2] ?? ""]));
  return { light: read(blocks[0]), dark: read(blocks[1]) };
}

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (red ?? NaN) + 0.7152 * (green ?? NaN) + 0.0722 * (blue ?? NaN);
}

function contrast(scheme: Scheme, a: string, b: string): number {
  const [one, other] = [a, b].map((name) => luminance(scheme.get(name) ?? "")) as [number, number];
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

for (const [name, scheme] of Object.entries(schemes())) {
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
