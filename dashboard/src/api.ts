/** The requests of the page beside its socket. */

import type { ServerClock } from "./clock";

/** A value, or why there is none; an empty `why` is no answer at all. */
export type Outcome<T> = { readonly value: T } | { readonly why: string };

export interface Execution {
  readonly at: number | null;
  readonly hasError: boolean;
  readonly cellIndex: number | null;
  readonly code: string | null;
  readonly output: string | null;
  readonly errorMessage: string | null;
}

const answerWithin_ms = 10_000;

export function dismissHelp(email: string): Promise<Outcome<unknown>> {
  return ask("POST", studentPath(email, "dismiss-help"));
}

export function resolveError(email: string): Promise<Outcome<unknown>> {
  return ask("POST", studentPath(email, "resolve-error"));
}

/** Newest first. */
export async function recentExecutions(email: string): Promise<Outcome<Execution[]>> {
  const outcome = await ask("GET", studentPath(email, "activity"));
  if ("why" in outcome) return outcome;
  const found = (outcome.value as { recentExecutions?: unknown } | null)?.recentExecutions;
  return Array.isArray(found) ? { value: found.map(execution) } : { why: "?" };
}

/** A failure leaves the clock as it is: the next connection tries again. */
export async function learnClock(clock: ServerClock, local: () => number): Promise<void> {
  const asked_ms = local();
  const outcome = await ask("GET", "/api/v1/health/live");
  if ("why" in outcome) return;
  const server_ms = Date.parse(String((outcome.value as { timestamp?: unknown } | null)?.timestamp));
  if (!Number.isNaN(server_ms)) clock.learn(server_ms, asked_ms, local());
}

function studentPath(email: string, what: string): string {
  return `/api/v1/dashboard/students/${encodeURIComponent(email)}/${what}`;
}

async function ask(method: string, path: string): Promise<Outcome<unknown>> {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), answerWithin_ms);
  try {
    const response = await fetch(path, { method, signal: giveUp.signal });
    if (!response.ok) return { why: `HTTP ${response.status}` };
    return { value: await response.json() };
  } catch {
    return { why: "" };
  } finally {
    clearTimeout(timer);
  }
}

function execution(value: unknown): Execution {
  const fields = (value ?? {}) as Readonly<Record<string, unknown>>;
  const at = Date.parse(String(fields["timestamp"]));
  return {
    at: Number.isNaN(at) ? null : at,
    hasError: fields["hasError"] === true,
    cellIndex: number(fields["cellIndex"]),
    code: text(fields["codeContent"]),
    output: text(fields["output"]),
    errorMessage: text(fields["errorMessage"]),
  };
}

function number(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
