/** The frames of docs/reference/live.md, as far as the page uses them. Times are milliseconds since 1970. */

/** In the order of precedence. */
export const statuses = ["help", "significant_error", "error", "active", "idle"] as const;
export type Status = typeof statuses[number];

export interface ErrorCell {
  readonly cellId: string;
  readonly count: number;
  readonly lastErrorAt: number | null;
}

export interface Student {
  readonly email: string;
  readonly name: string | null;
  readonly team: string | null;
  readonly classCode: string | null;
  readonly status: Status;
  readonly since: number | null;
  readonly asksHelp: boolean;
  readonly helpSince: number | null;
  readonly executions: number;
  readonly errors: number;
  readonly consecutiveErrors: number;
  readonly errorCells: readonly ErrorCell[];
  readonly notebook: string | null;
  readonly cellId: string | null;
  readonly cellIndex: number | null;
  readonly runningSince: number | null;
  readonly lastActivityAt: number | null;
}

export interface Counters {
  readonly students: number;
  readonly active: number;
  readonly help: number;
  readonly error: number;
  readonly significantError: number;
  readonly idle: number;
  readonly executions: number;
  readonly errors: number;
}

export interface Snapshot {
  readonly type: "snapshot";
  readonly epoch: string;
  readonly sequence: number;
  readonly counters: Counters;
  readonly students: readonly Student[];
}

export interface Delta {
  readonly type: "delta";
  readonly epoch: string;
  readonly from: number;
  readonly sequence: number;
  readonly counters: Counters;
  readonly students: readonly Student[];
  readonly gone: readonly string[];
}

export interface Projection {
  readonly name: string;
  readonly state: string;
  readonly lagEvents: number;
  readonly lagSeconds: number;
}

/** How the data stand. */
export interface DataStatus {
  readonly type: "status";
  readonly received: number;
  readonly missing: number;
  readonly resent: number;
  /** null: not counted yet. */
  readonly doubled: number | null;
  readonly projections: readonly Projection[];
}

/** `other` is a frame of a later server, to be ignored. */
export type Frame = Snapshot | Delta | DataStatus | { readonly type: "pong" | "other" };

/** The frame of a text message; null when it is not one that the protocol allows. */
export function parseFrame(text: string): Frame | null {
  try {
    return frame(object(JSON.parse(text)));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof Malformed) return null;
    throw error;
  }
}

class Malformed extends Error {}

type Fields = Readonly<Record<string, unknown>>;

function frame(fields: Fields): Frame {
  switch (fields["type"]) {
    case "snapshot":
      return {
        type: "snapshot",
        epoch: text(fields["epoch"]),
        sequence: number(fields["sequence"]),
        counters: counters(object(fields["counters"])),
        students: list(fields["students"]).map(student),
      };
    case "delta":
      return {
        type: "delta",
        epoch: text(fields["epoch"]),
        from: number(fields["from"]),
        sequence: number(fields["sequence"]),
        counters: counters(object(fields["counters"])),
        students: list(fields["students"]).map(student),
        gone: list(fields["gone"]).map(text),
      };
    case "status":
      // Nothing here has a default: a figure that was not sent must not look like a good one.
      return {
        type: "status",
        received: number(fields["received"]),
        missing: number(fields["missing"]),
        resent: number(fields["resent"]),
        doubled: fields["doubled"] === null ? null : number(fields["doubled"]),
        projections: list(fields["projections"]).map(projection),
      };
    case "pong":
      return { type: "pong" };
    default:
      return { type: "other" };
  }
}

function student(value: unknown): Student {
  const fields = object(value);
  const help = object(fields["help"]);
  return {
    email: text(fields["email"]),
    name: optional(fields["name"], text),
    team: optional(fields["team"], text),
    classCode: optional(fields["classCode"], text),
    status: status(fields["status"]),
    since: optional(fields["since"], time),
    asksHelp: help["asking"] === true,
    helpSince: optional(help["since"], time),
    executions: number(fields["executions"]),
    errors: number(fields["errors"]),
    consecutiveErrors: number(fields["consecutiveErrors"]),
    errorCells: list(fields["errorCells"]).map(errorCell),
    notebook: optional(fields["notebook"], text),
    cellId: optional(fields["cellId"], text),
    cellIndex: optional(fields["cellIndex"], number),
    runningSince: optional(fields["runningSince"], time),
    lastActivityAt: optional(fields["lastActivityAt"], time),
  };
}

function errorCell(value: unknown): ErrorCell {
  const fields = object(value);
  return {
    cellId: text(fields["cellId"]),
    count: number(fields["count"]),
    lastErrorAt: optional(fields["lastErrorAt"], time),
  };
}

function counters(fields: Fields): Counters {
  return {
    students: number(fields["students"]),
    active: number(fields["active"]),
    help: number(fields["help"]),
    error: number(fields["error"]),
    significantError: number(fields["significantError"]),
    idle: number(fields["idle"]),
    executions: number(fields["executions"]),
    errors: number(fields["errors"]),
  };
}

function projection(value: unknown): Projection {
  const fields = object(value);
  return {
    name: text(fields["name"]),
    state: text(fields["state"]),
    lagEvents: number(fields["lagEvents"]),
    lagSeconds: number(fields["lagSeconds"]),
  };
}

function object(value: unknown): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Malformed();
  return value as Fields;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Malformed();
  return value;
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new Malformed();
  return value;
}

function number(value: unknown): number {
  if (typeof value !== "number") throw new Malformed();
  return value;
}

function time(value: unknown): number {
  const at = Date.parse(text(value));
  if (Number.isNaN(at)) throw new Malformed();
  return at;
}

function status(value: unknown): Status {
  const known = statuses.find((each) => each === value);
  if (known === undefined) throw new Malformed();
  return known;
}

function optional<T>(value: unknown, read: (value: unknown) => T): T | null {
  return value === null || value === undefined ? null : read(value);
}
