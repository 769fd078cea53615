/** What the API's document says of the requests and answers of the page. A path or a field that is not in it does not compile. */

import type { components, paths } from "./openapi";

type Schemas = components["schemas"];

/** The fields of an answer by the names that they have in the document. It came over a wire: none is believed to be there. */
export function fieldsOf<Name extends keyof Schemas>(_name: Name, body: unknown): { readonly [Field in keyof Schemas[Name]]?: unknown } {
  return typeof body === "object" && body !== null ? body : {};
}

/** A path of the document, `values` in place of what stands in braces. */
export function pathOf(pattern: keyof paths, values: Readonly<Record<string, string>> = {}): string {
  return pattern.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ""));
}
