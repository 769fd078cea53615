/** Whether somebody has to log in to see the class, and who has. */

import { fieldsOf, pathOf } from "./answers";
import type { Answer, Session } from "./session";

export interface Account {
  readonly email: string;
  readonly name: string;
  readonly isAdmin: boolean;
}

/** Why somebody has to log in (again). */
export type Why = "first" | "ended" | "forbidden";

export type Standing =
  /** Nobody has to: `auth.mode = open`. */
  | { readonly state: "open" }
  | { readonly state: "in"; readonly account: Account }
  | { readonly state: "out"; readonly why: Why }
  /** The server does not answer. */
  | { readonly state: "unknown" };

export type LoginFailure =
  | { readonly kind: "wrong" }
  | { readonly kind: "wait"; readonly seconds: number }
  | { readonly kind: "malformed" }
  | { readonly kind: "away" };

export class Entrance {
  constructor(private readonly session: Session) {}

  async standing(): Promise<Standing> {
    let why: Why = "first";
    if (this.session.token !== null) {
      const answer = await this.session.ask("GET", pathOf("/api/v1/auth/me"));
      if (isUncertain(answer)) return { state: "unknown" };
      const account = answer?.status === 200 ? accountOf(answer.body) : null;
      if (account !== null) return account === "student" ? this.refuse() : { state: "in", account };
      this.session.forget();
      why = "ended";
    }
    const answer = await this.session.ask("GET", pathOf("/api/v1/projections"));
    if (isUncertain(answer)) return { state: "unknown" };
    return answer?.status === 200 ? { state: "open" } : { state: "out", why };
  }

  /** null: logged in. */
  async logIn(email: string, password: string): Promise<LoginFailure | null> {
    this.session.forget();
    const answer = await this.session.ask("POST", pathOf("/api/v1/auth/login"), { email, password });
    const tokens = fieldsOf("Login", answer?.body).token;
    return answer?.status === 200 && this.session.take(tokens) ? null : failureOf(answer);
  }

  logOut(): Promise<void> {
    return this.session.end();
  }

  /** null: it is another one now. */
  async changePassword(current: string, next: string): Promise<LoginFailure | null> {
    const body = { current_password: current, new_password: next };
    const answer = await this.session.ask("PUT", pathOf("/api/v1/auth/password"), body);
    return answer?.status === 200 ? null : failureOf(answer);
  }

  /** Codes and names of the classes that the account sees. */
  async classes(): Promise<ClassRow[]> {
    const answer = await this.session.ask("GET", `${pathOf("/api/v1/classes")}?limit=1000`);
    return answer?.status === 200 && Array.isArray(answer.body) ? answer.body.flatMap(classRow) : [];
  }

  private async refuse(): Promise<Standing> {
    await this.logOut();
    return { state: "out", why: "forbidden" };
  }
}

export interface ClassRow {
  readonly code: string;
  readonly name: string;
}

function isUncertain(answer: Answer | null): boolean {
  return answer === null || answer.status >= 429;
}

function failureOf(answer: Answer | null): LoginFailure {
  switch (answer?.status) {
    case 400:
    case 401:
      return { kind: "wrong" };
    case 422:
      return { kind: "malformed" };
    case 429:
      return { kind: "wait", seconds: answer.retryAfter_s ?? 1 };
    default:
      return { kind: "away" };
  }
}

function accountOf(body: unknown): Account | "student" | null {
  const { email, name, role } = fieldsOf("Instructor", body);
  if (typeof email !== "string" || typeof name !== "string") return null;
  return role === "student" ? "student" : { email, name, isAdmin: role === "admin" };
}

function classRow(row: unknown): ClassRow[] {
  const { class_code: code, name } = fieldsOf("Class", row);
  return typeof code === "string" && typeof name === "string" ? [{ code, name }] : [];
}
