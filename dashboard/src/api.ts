/** The requests of the page beside its socket. */

import { fieldsOf, pathOf } from "./answers";
import type { ServerClock } from "./clock";
import type { Answer, Asked, Session } from "./session";

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

export class Api {
  constructor(private readonly session: Session) {}

  dismissHelp(email: string): Promise<Outcome<unknown>> {
    return this.ask("POST", pathOf("/api/v1/dashboard/students/{email}/dismiss-help", { email }));
  }

  resolveError(email: string): Promise<Outcome<unknown>> {
    return this.ask("POST", pathOf("/api/v1/dashboard/students/{email}/resolve-error", { email }));
  }

  /** Newest first. */
  async recentExecutions(email: string): Promise<Outcome<Execution[]>> {
    const outcome = await this.ask("GET", pathOf("/api/v1/dashboard/students/{email}/activity", { email }));
    if ("why" in outcome) return outcome;
    const found = fieldsOf("StudentActivity", outcome.value).recentExecutions;
    return Array.isArray(found) ? { value: found.map(execution) } : { why: "?" };
  }

  /** A failure leaves the clock as it is: the next connection tries again. */
  async learnClock(clock: ServerClock, local: () => number): Promise<void> {
    const asked_ms = local();
    const outcome = await this.ask("GET", pathOf("/api/v1/health/live"));
    if ("why" in outcome) return;
    const server_ms = Date.parse(String((outcome.value as { timestamp?: unknown } | null)?.timestamp));
    if (!Number.isNaN(server_ms)) clock.learn(server_ms, asked_ms, local());
  }

  private async ask(method: string, path: string): Promise<Outcome<unknown>> {
    const answer = await this.session.ask(method, path);
    if (answer === null) return { why: "" };
    return answer.status >= 200 && answer.status < 300 ? { value: answer.body } : { why: `HTTP ${answer.status}` };
  }
}

/** How requests of this page go out. */
export async function send({ method, path, token, body }: Asked): Promise<Answer | null> {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), answerWithin_ms);
  const headers: Record<string, string> = {};
  if (token !== null) headers["Authorization"] = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    const response = await fetch(path, {
      method,
      headers,
      signal: giveUp.signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const wait_s = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
    const text = await response.text();
    return { status: response.status, body: json(text), retryAfter_s: Number.isNaN(wait_s) ? null : wait_s };
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

/** null for what is none: then there is only the status. */
function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function execution(value: unknown): Execution {
  const fields = fieldsOf("Execution", value);
  const at = Date.parse(String(fields.timestamp));
  return {
    at: Number.isNaN(at) ? null : at,
    hasError: fields.hasError === true,
    cellIndex: number(fields.cellIndex),
    code: text(fields.codeContent),
    output: text(fields.output),
    errorMessage: text(fields.errorMessage),
  };
}

function number(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
