/** What the page reads of an OpenAPI document: groups, operations, and how a schema looks. Pure, without the DOM. */

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly contains?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly contentMediaType?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

export interface Parameter {
  readonly $ref?: string;
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

export type Content = Readonly<Record<string, { readonly schema: Schema; readonly example?: unknown }>>;

export interface Answer {
  readonly description: string;
  readonly content?: Content;
  readonly headers?: Readonly<Record<string, unknown>>;
}

export interface OperationSource {
  readonly operationId: string;
  readonly summary: string;
  readonly "x-summary-ja": string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly "x-access": { readonly need: string; readonly role: string };
  readonly "x-websocket"?: boolean;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly description?: string; readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, Answer>>;
}

export interface ApiDocument {
  readonly info: { readonly title: string; readonly description: string; readonly "x-description-ja": string };
  readonly tags: readonly { readonly name: string; readonly description: string; readonly "x-name-ja": string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationSource>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly source: OperationSource;
}

export interface Group {
  readonly name: string;
  readonly ja: string;
  readonly description: string;
  readonly operations: readonly Operation[];
}

export function groupsOf(document: ApiDocument): Group[] {
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, source]): Operation => ({ method, path, source })),
  );
  return document.tags.map((tag) => ({
    name: tag.name,
    ja: tag["x-name-ja"],
    description: tag.description,
    operations: operations.filter((each) => each.source.tags.includes(tag.name)),
  }));
}

/** Whether each word of the search stands in what is shown of the operation without opening it, or in its id or description. */
export function isFound(operation: Operation, group: Group, search: string): boolean {
  const { method, path, source } = operation;
  const text = [method, path, source.operationId, source.summary, source["x-summary-ja"], source.description ?? "", group.name, group.ja].join(" ");
  const all = plain(text);
  return plain(search).split(/\s+/).every((word) => all.includes(word));
}

function plain(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}

/** What a reference points to; the value itself when it is none. */
export function resolve<T extends { readonly $ref?: string }>(document: ApiDocument, value: T): T {
  const found = /^#\/components\/(\w+)\/([\w-]+)$/.exec(value.$ref ?? "");
  if (found === null) return value;
  const [, kind = "", name = ""] = found;
  const { $ref: _, ...beside } = value;
  return { ...(document.components[kind]?.[name] as T), ...beside } as T;
}

/** `string or null`, `integer, 1 to 1000`, `Class[]`: the type in a line. */
export function kindOf(document: ApiDocument, schema: Schema): string {
  const name = /^#\/components\/schemas\/(\w+)$/.exec(schema.$ref ?? "")?.[1];
  const whole = resolve(document, schema);
  if (whole.const !== undefined) return JSON.stringify(whole.const);
  if (whole.enum !== undefined) return whole.enum.map((each) => JSON.stringify(each)).join(" | ");
  if (whole.anyOf !== undefined && whole.properties === undefined) return unique(whole.anyOf.map((each) => kindOf(document, each))).join(" | ");
  if (whole.items !== undefined && whole.type === "array") return `${bracketed(kindOf(document, whole.items))}[]${limits(whole)}`;
  if (name !== undefined && whole.properties !== undefined) return name;
  const type = [whole.type ?? (whole.properties === undefined ? "any" : "object")].flat().join(" | ");
  return `${type}${whole.format === undefined ? "" : ` (${whole.format})`}${limits(whole)}`;
}

function bracketed(kind: string): string {
  return kind.includes(" | ") ? `(${kind})` : kind;
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}

function limits(schema: Schema): string {
  const range = (least: number | undefined, most: number | undefined): string =>
    least === undefined && most === undefined ? "" : `, ${least ?? ""}…${most ?? ""}`;
  return range(schema.minimum ?? schema.minLength ?? schema.minItems, schema.maximum ?? schema.maxLength ?? schema.maxItems);
}

export interface Field {
  readonly name: string;
  readonly kind: string;
  readonly isRequired: boolean;
  readonly description: string;
  readonly fields: readonly Field[];
}

/** The fields of an object, of the objects of a list, or of each of several forms. */
export function fieldsOf(document: ApiDocument, schema: Schema): Field[] {
  const whole = resolve(document, schema);
  const own = Object.entries(whole.properties ?? {}).map(([name, value]): Field => ({
    name,
    kind: kindOf(document, value),
    isRequired: whole.required?.includes(name) ?? false,
    description: resolve(document, value).description ?? "",
    fields: fieldsOf(document, value),
  }));
  const inside = [whole.items, whole.contains, ...(whole.properties === undefined ? whole.anyOf ?? [] : [])];
  if (typeof whole.additionalProperties === "object") inside.push(whole.additionalProperties);
  const seen = new Set(own.map((each) => each.name));
  const more = inside.flatMap((each) => (each === undefined ? [] : fieldsOf(document, each)));
  return [...own, ...more.filter((each) => !seen.has(each.name) && seen.add(each.name))];
}

/** A value that the schema allows, as an example of how it looks. */
export function exampleOf(document: ApiDocument, schema: Schema): unknown {
  const whole = resolve(document, schema);
  if (whole.const !== undefined) return whole.const;
  if (whole.examples !== undefined) return whole.examples[0];
  if (whole.enum !== undefined) return whole.enum[0];
  if (whole.default !== undefined) return whole.default;
  if (whole.properties !== undefined) {
    return Object.fromEntries(Object.entries(whole.properties).map(([name, value]) => [name, exampleOf(document, value)]));
  }
  if (whole.anyOf !== undefined) return whole.anyOf[0] === undefined ? null : exampleOf(document, whole.anyOf[0]);
  const type = [whole.type ?? "any"].flat()[0];
  if (type === "array") {
    const one = whole.items === undefined ? [] : [exampleOf(document, whole.items)];
    return whole.minItems === 2 ? [...one, ...one] : one;
  }
  if (type === "object") {
    return typeof whole.additionalProperties === "object" ? { name: exampleOf(document, whole.additionalProperties) } : {};
  }
  if (type === "integer" || type === "number") return Math.max(whole.minimum ?? 0, 0);
  if (type === "boolean") return true;
  return type === "string" ? "…" : null;
}
