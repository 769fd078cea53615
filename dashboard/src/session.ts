/**
 * The tokens of who is logged in on this page. They are kept for the tab alone (sessionStorage): a reload goes on, a machine that is
 * shared in a classroom forgets them with the tab, and no request carries them by itself, as it would a cookie.
 */

import { fieldsOf, pathOf } from "./answers";

/** What came back; null: nothing did. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** Of a 429 or 503. */
  readonly retryAfter_s: number | null;
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly token: string | null;
  readonly body?: unknown;
}

export type Send = (asked: Asked) => Promise<Answer | null>;

export type Storage = Pick<globalThis.Storage, "getItem" | "setItem" | "removeItem">;

interface Tokens {
  readonly access: string;
  readonly refresh: string;
  readonly from_ms: number;
  readonly until_ms: number;
}

const key = "cellmon.session";
/** Renewed when less than this part of a token's life is left: a page in the background wakes up once a minute. */
const partLeft = 1 / 4;
const pauseBehindSilence_ms = 10_000;

export class Session {
  private tokens: Tokens | null;
  private renewing: Promise<Renewal> | null = null;
  private notBefore_ms = 0;
  /** How often somebody came or went; a renewal is neither. */
  private logins = 0;

  constructor(private readonly storage: Storage, private readonly now: () => number, private readonly send: Send) {
    this.tokens = parse(storage.getItem(key));
  }

  /** null: nobody is logged in here. */
  get token(): string | null {
    return this.tokens?.access ?? null;
  }

  get isDue(): boolean {
    const { tokens } = this;
    if (this.now() < this.notBefore_ms) return false;
    return tokens !== null && tokens.until_ms - this.now() < (tokens.until_ms - tokens.from_ms) * partLeft;
  }

  /** Takes the tokens of an answer to a login; false when there are none in it. */
  take(answer: unknown): boolean {
    this.logins += 1;
    return this.keep(answer);
  }

  private keep(answer: unknown): boolean {
    const { access_token: access, refresh_token: refresh, expires_in: life_s } = fieldsOf("Tokens", answer);
    if (typeof access !== "string" || typeof refresh !== "string" || typeof life_s !== "number") return false;
    const from_ms = this.now();
    this.tokens = { access, refresh, from_ms, until_ms: from_ms + life_s * 1_000 };
    try {
      this.storage.setItem(key, JSON.stringify(this.tokens));
    } catch {
      // They are kept until the page is left.
    }
    return true;
  }

  forget(): void {
    this.logins += 1;
    this.tokens = null;
    this.storage.removeItem(key);
  }

  /** At once here, and at the server if it answers. */
  async end(): Promise<void> {
    const { token } = this;
    this.forget();
    if (token !== null) await this.send({ method: "POST", path: pathOf("/api/v1/auth/logout"), token });
  }

  /** A refresh token is good once, so all who ask meanwhile wait for the same answer. */
  renew(): Promise<Renewal> {
    this.renewing ??= this.renewOnce().finally(() => (this.renewing = null));
    return this.renewing;
  }

  private async renewOnce(): Promise<Renewal> {
    const { tokens } = this;
    if (tokens === null) return "ended";
    const body = { refresh_token: tokens.refresh };
    const answer = await this.send({ method: "POST", path: pathOf("/api/v1/auth/refresh"), token: null, body });
    // Whoever logged out or in meanwhile has other tokens by now.
    if (this.tokens !== tokens) return this.tokens === null ? "ended" : "renewed";
    if (answer !== null && answer.status === 200 && this.keep(answer.body)) return "renewed";
    if (answer === null || answer.status >= 429) {
      this.notBefore_ms = this.now() + pauseBehindSilence_ms;
      return "unanswered";
    }
    this.forget();
    return "ended";
  }

  /** Sends with the token; one that has ended is renewed first. Never for another login than the one that asked. */
  async ask(method: string, path: string, body?: unknown): Promise<Answer | null> {
    const { token, logins } = this;
    const answer = await this.send({ method, path, token, body });
    if (answer === null || answer.status !== 401 || token === null) return answer;
    if (this.token === token && (await this.renew()) !== "renewed") return answer;
    if (this.logins !== logins) return answer;
    return this.send({ method, path, token: this.token, body });
  }
}

/** `ended`: the login is over; `unanswered`: nobody can tell now. */
export type Renewal = "renewed" | "ended" | "unanswered";

function parse(text: string | null): Tokens | null {
  try {
    const { access, refresh, from_ms, until_ms } = JSON.parse(text ?? "null") as Record<string, unknown>;
    const isWhole =
      typeof access === "string" && typeof refresh === "string" && typeof from_ms === "number" && typeof until_ms === "number";
    return isWhole ? { access, refresh, from_ms, until_ms } : null;
  } catch {
    return null;
  }
}

/** Of this tab; a browser that stores nothing forgets with the page. */
export function tabStorage(): Storage {
  try {
    return sessionStorage;
  } catch {
    return { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };
  }
}
