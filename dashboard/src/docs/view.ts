/** How groups and operations look. What is inside an operation is made when it is opened. */

import { element } from "../dom";
import type { Language } from "../texts";
import type { Answer, ApiDocument, Content, Field, Group, Operation, Schema } from "./document";
import { exampleOf, fieldsOf, kindOf, resolve } from "./document";
import type { Labels } from "./texts";

export interface Reading {
  readonly document: ApiDocument;
  readonly language: Language;
  readonly labels: Labels;
}

export function groupTitle(group: Group, language: Language): string {
  return language === "ja" ? group.ja : group.name;
}

export function groupView(group: Group, shown: readonly Operation[], reading: Reading): HTMLElement {
  const section = element("section");
  const title = element("h2", "", groupTitle(group, reading.language));
  title.id = anchor(group.name);
  section.append(title, element("p", "muted", group.description));
  for (const operation of shown) section.append(operationView(operation, reading));
  return section;
}

export function anchor(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
}

function operationView(operation: Operation, reading: Reading): HTMLElement {
  const { method, path, source } = operation;
  const details = element("details", "operation");
  details.id = source.operationId;
  const head = element("summary");
  head.append(
    element("span", `method ${method}`, source["x-websocket"] === true ? "WS" : method.toUpperCase()),
    element("span", "path", path),
    element("span", "muted", reading.language === "ja" ? source["x-summary-ja"] : source.summary),
  );
  details.append(head);
  details.addEventListener("toggle", () => {
    if (details.open && details.childElementCount === 1) details.append(inside(operation, reading));
  });
  return details;
}

function inside({ source }: Operation, reading: Reading): HTMLElement {
  const { document, labels } = reading;
  const box = element("div");
  if (source.description !== undefined) box.append(element("p", "", source.description));
  const { need, role } = source["x-access"];
  const who = need === "nothing" || need === "ingest" ? labels.need[need] : `${labels.need[need] ?? need} · ${labels.role[role] ?? role}`;
  box.append(element("p", "muted", `${labels.access}: ${who ?? need}`));
  if (source.parameters !== undefined) {
    const parameters = source.parameters.map((each) => resolve(document, each));
    box.append(element("h4", "", labels.parameters));
    box.append(
      fieldList(
        parameters.map((each) => ({
          name: each.name,
          kind: `${labels.place[each.in] ?? each.in} · ${kindOf(document, each.schema)}`,
          isRequired: each.required === true,
          description: each.description ?? "",
          fields: [],
        })),
        labels,
      ),
    );
  }
  if (source.requestBody !== undefined) {
    box.append(element("h4", "", `${labels.body} (${source.requestBody.required ? labels.required : labels.optional})`));
    if (source.requestBody.description !== undefined) box.append(element("p", "", source.requestBody.description));
    box.append(...contentViews(source.requestBody.content, reading));
  }
  box.append(element("h4", "", labels.answers));
  for (const [status, answer] of Object.entries(source.responses)) box.append(answerView(status, answer, reading));
  return box;
}

function answerView(status: string, answer: Answer, reading: Reading): HTMLElement {
  const details = element("details", "answer");
  const head = element("summary");
  head.append(element("span", "status", status), " ", answer.description);
  details.append(head);
  const headers = Object.keys(answer.headers ?? {});
  if (headers.length > 0) details.append(element("p", "muted", `${reading.labels.headers}: ${headers.join(", ")}`));
  details.append(...contentViews(answer.content ?? {}, reading));
  details.open = Number(status) < 300;
  return details;
}

function contentViews(content: Content, reading: Reading): HTMLElement[] {
  return Object.entries(content).flatMap(([media, { schema, example }]) => {
    const kind = element("p", "muted");
    kind.append(element("code", "", media), ` ${kindOf(reading.document, schema)}`);
    const fields = fieldsOf(reading.document, schema);
    const views: HTMLElement[] = [kind];
    if (fields.length > 0) views.push(fieldList(fields, reading.labels));
    if (media === "application/json" && (fields.length > 0 || example !== undefined)) views.push(...exampleViews(schema, example, reading));
    return views;
  });
}

function exampleViews(schema: Schema, example: unknown, { document, labels }: Reading): HTMLElement[] {
  const text = JSON.stringify(example ?? exampleOf(document, schema), null, 2);
  return [element("p", "muted", labels.example), element("pre", "", text)];
}

function fieldList(fields: readonly Field[], labels: Labels): HTMLElement {
  const list = element("ul", "fields");
  for (const field of fields) {
    const item = element("li");
    item.append(element("code", "name", field.name));
    if (field.isRequired) {
      const sign = element("span", "required", " *");
      sign.title = labels.required;
      item.append(sign);
    }
    item.append(element("span", "muted", ` ${field.kind}`));
    if (field.description !== "") item.append(` — ${field.description}`);
    if (field.fields.length > 0) item.append(fieldList(field.fields, labels));
    list.append(item);
  }
  return list;
}
