/** Goal: the page of the API's document finds, tells and shows what is in it, in both languages. Method: a small document; the colours of docs.css. */

import assert from "node:assert/strict";
import test from "node:test";

import css from "../docs.css";
import page from "../docs.html";
import type { ApiDocument, Group, Schema } from "../src/docs/document";
import { exampleOf, fieldsOf, groupsOf, isFound, kindOf } from "../src/docs/document";
import { labelsOf } from "../src/docs/texts";
import { contrast, schemes } from "./contrast";

const operation = (operationId: string, summary: string, ja: string, tag: string) => ({
  operationId,
  summary,
  "x-summary-ja": ja,
  tags: [tag],
  "x-access": { need: "nothing", role: "student" },
  responses: {},
});

const api: ApiDocument = {
  info: { title: "t", description: "d", "x-description-ja": "説" },
  tags: [
    { name: "Classes", description: "", "x-name-ja": "クラス" },
    { name: "Health", description: "", "x-name-ja": "稼働状態" },
  ],
  paths: {
    "/classes": { get: operation("listClasses", "Classes by id", "クラスの一覧", "Classes"), post: operation("createClass", "Make a class", "クラスの作成", "Classes") },
    "/health": { get: operation("getHealth", "How it is", "状態", "Health") },
  },
  components: {
    schemas: {
      Id: { type: "integer", minimum: 1, description: "An id" },
      Team: { type: "object", required: ["id"], properties: { id: { $ref: "#/components/schemas/Id" }, name: { type: ["string", "null"], maxLength: 5 } } },
    },
  },
};

const groups = groupsOf(api);
const found = (search: string): string[] =>
  groups.flatMap((group: Group) => group.operations.filter((each) => isFound(each, group, search)).map((each) => each.source.operationId));

test("each operation is in its group, in the order of the document", () => {
  assert.deepEqual(groups.map((group) => [group.name, group.operations.length]), [["Classes", 2], ["Health", 1]]);
});

test("a search wants each of its words, in either language, of any width and case", () => {
  assert.deepEqual(found(""), ["listClasses", "createClass", "getHealth"]);
  assert.deepEqual(found("GET classes"), ["listClasses"]);
  assert.deepEqual(found("クラス 作成"), ["createClass"]);
  assert.deepEqual(found("ｈｅａｌｔｈ"), ["getHealth"]);
  assert.deepEqual(found("classes health"), []);
});

test("a type is told in a line", () => {
  const kinds: [Schema, string][] = [
    [{ $ref: "#/components/schemas/Team" }, "Team"],
    [{ $ref: "#/components/schemas/Id" }, "integer, 1…"],
    [{ type: "array", items: { $ref: "#/components/schemas/Team" } }, "Team[]"],
    [{ type: "array", items: { anyOf: [{ type: "string" }, { type: "null" }] } }, "(string | null)[]"],
    [{ type: ["string", "null"], maxLength: 5 }, "string | null, …5"],
    [{ enum: ["a", "b"] }, '"a" | "b"'],
    [{ const: true }, "true"],
    [{}, "any"],
  ];
  for (const [schema, kind] of kinds) assert.equal(kindOf(api, schema), kind);
});

test("fields are those of the object, of the list, and of each form", () => {
  const team = { $ref: "#/components/schemas/Team" };
  for (const schema of [team, { type: "array", items: team }, { anyOf: [team, { type: "null" }] }]) {
    assert.deepEqual(fieldsOf(api, schema).map((field) => [field.name, field.isRequired, field.description]), [["id", true, "An id"], ["name", false, ""]]);
  }
});

test("an example is what the schema allows", () => {
  assert.deepEqual(exampleOf(api, { type: "array", items: { $ref: "#/components/schemas/Team" } }), [{ id: 1, name: "…" }]);
  assert.deepEqual(exampleOf(api, { properties: { a: { const: 1 }, b: { examples: ["x"] }, c: { type: "boolean" } } }), { a: 1, b: "x", c: true });
});

test("no label is empty, both languages have the same, and every one that docs.html names is there", () => {
  assert.deepEqual(Object.keys(labelsOf.en), Object.keys(labelsOf.ja));
  const named = [...page.matchAll(/data-(?:text|label)="([^"]*)"/g)].map((match) => match[1] ?? "");
  assert.ok(named.length > 3);
  for (const labels of [labelsOf.en, labelsOf.ja]) {
    const words = labels as unknown as Readonly<Record<string, unknown>>;
    for (const value of Object.values(words)) assert.notEqual(value, "");
    for (const key of named) assert.equal(typeof words[key], "string", key);
  }
});

for (const [name, scheme] of Object.entries(schemes(css))) {
  test(`${name}: text on its ground has a contrast of 4.5 or more`, () => {
    const pairs = [["text", "page"], ["text", "card"], ["muted", "page"], ["muted", "card"], ["accent", "page"], ["accent", "card"], ["loud", "card"], ["loud", "page"],
      ["method-text", "get"], ["method-text", "post"], ["method-text", "put"], ["method-text", "delete"]];
    for (const [text = "", ground = ""] of pairs) {
      const value = contrast(scheme, text, ground);
      assert.ok(value >= 4.5, `${text} on ${ground}: ${value.toFixed(2)}`);
    }
  });
}
