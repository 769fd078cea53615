/** The live socket: opening, going on after a break, and noticing that nobody is there any more. */

import { parseFrame } from "./protocol";
import type { Frame } from "./protocol";
import type { Point } from "./room";

export const pingEvery_ms = 20_000;
/** Without a word for so long behind a ping the connection is dead: with the ping's interval, 40 s at most. */
export const answerWithin_ms = 20_000;
export const openWithin_ms = 15_000;
/** A connection that held for so long starts the pauses anew. */
export const proven_ms = 10_000;
const firstPause_ms = 500;
const longestPause_ms = 30_000;

/** Why the connection ended. */
export type Reason = "lost" | "server_stops" | "too_slow" | "server_error" | "protocol" | "logged_out";

export type Link =
  | { readonly state: "connecting" }
  | { readonly state: "live" }
  | { readonly state: "waiting"; readonly until_ms: number; readonly reason: Reason }
  /** The room of the page is none: nothing is tried. */
  | { readonly state: "refused" }
  /** Nobody wants one. */
  | { readonly state: "closed" };

/** What is used of a WebSocket. */
export interface Socket {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number }) => void) | null;
  send(text: string): void;
  close(): void;
}

export interface Surroundings {
  open(url: string): Socket;
  /** Milliseconds that never go back. */
  now(): number;
  /** From 0 to less than 1. */
  random(): number;
}

export interface Listener {
  /** Where to go on; null asks for a snapshot. */
  point(): Point | null;
  /** Of who is logged in; null: nobody is. */
  token(): string | null;
  /** False: the frame does not fit, begin again with a snapshot. */
  frame(frame: Frame): boolean;
  link(link: Link): void;
}

/** The pause before the attempt behind `failures` failed ones, at least 1: doubling, and up to half of it left to chance. */
export function pause_ms(failures: number, random: number): number {
  const whole = Math.min(longestPause_ms, firstPause_ms * 2 ** (failures - 1));
  return whole * (1 - random / 2);
}

export function reasonOf(code: number): Reason {
  switch (code) {
    case 1001:
      return "server_stops";
    case 1011:
      return "server_error";
    case 1002:
    case 1003:
    case 1007:
    case 1009:
      return "protocol";
    case 4001:
      return "too_slow";
    case 4003:
      return "logged_out";
    default:
      return "lost";
  }
}

/** Whether the text is a form of room that the server knows. */
export function isRoom(text: string): boolean {
  return /^(class|team|student):./.test(text);
}

/** The address of the socket. `room` goes as the page has it. */
export function socketUrl(base: string, room: string | null, point: Point | null, token: string | null): string {
  const query = new URLSearchParams();
  if (room !== null) query.set("room", room);
  if (point !== null) {
    query.set("epoch", point.epoch);
    query.set("sequence", String(point.sequence));
  }
  // A browser gives a WebSocket no header field.
  if (token !== null) query.set("token", token);
  const text = query.toString();
  return text === "" ? base : `${base}?${text}`;
}

/** Lives by tick(), which is to be called about twice a second; it has no timer of its own. */
export class Connection {
  private room: string | null = null;
  private socket: Socket | null = null;
  private link: Link = { state: "closed" };
  private failures = 0;
  private reason: Reason = "lost";
  private openedAt_ms = 0;
  private heardAt_ms = 0;
  private pingedAt_ms = 0;
  private wantsSnapshot = false;

  constructor(
    private readonly base: string,
    private readonly listener: Listener,
    private readonly around: Surroundings,
  ) {}

  /** Looks at a room, which may be another one than before; null is all that may be seen. */
  enter(room: string | null): void {
    this.letGo();
    this.room = room;
    this.failures = 0;
    if (room !== null && !isRoom(room)) this.tell({ state: "refused" });
    else this.connect();
  }

  close(): void {
    this.letGo();
    this.tell({ state: "closed" });
  }

  /**
   * Goes on over another socket, with the token as it is now: the one before is about to end. The picture counts as live meanwhile,
   * as it does behind a ping: if nothing comes, no longer than for one.
   */
  renew(): void {
    const old = this.socket;
    if (this.link.state !== "live") return;
    this.open();
    this.pingedAt_ms = this.around.now();
    old?.close();
  }

  /** When the server was last heard; meaningful once the link was live. */
  get lastHeard_ms(): number {
    return this.heardAt_ms;
  }

  /** Ends a pause early: the network is back, or somebody asks. */
  retry(): void {
    if (this.link.state === "waiting") this.connect();
  }

  tick(): void {
    const now_ms = this.around.now();
    switch (this.link.state) {
      case "waiting":
        if (now_ms >= this.link.until_ms) this.connect();
        return;
      case "connecting":
        if (now_ms - this.openedAt_ms >= openWithin_ms) this.drop("lost");
        return;
      case "live":
        this.watch(now_ms);
    }
  }

  private watch(now_ms: number): void {
    // A page in the background gets few ticks. So what counts is whether a ping was answered, not how long ago that was.
    const unanswered = this.pingedAt_ms > this.heardAt_ms;
    if (unanswered) {
      if (now_ms - this.pingedAt_ms >= answerWithin_ms) this.drop("lost");
    } else if (now_ms - this.pingedAt_ms >= pingEvery_ms) {
      this.pingedAt_ms = now_ms;
      this.socket?.send('{"type":"ping"}');
    }
  }

  private connect(): void {
    this.open();
    this.tell({ state: "connecting" });
  }

  private open(): void {
    const point = this.wantsSnapshot ? null : this.listener.point();
    const socket = this.around.open(socketUrl(this.base, this.room, point, this.listener.token()));
    this.socket = socket;
    this.openedAt_ms = this.around.now();
    socket.onmessage = (event) => {
      if (socket === this.socket) this.heard(event.data);
    };
    socket.onclose = (event) => {
      if (socket === this.socket) this.drop(reasonOf(event.code));
    };
  }

  /** Live begins with the first frame: before it the picture on the page is still the old one. */
  private heard(data: unknown): void {
    const now_ms = this.around.now();
    this.heardAt_ms = now_ms;
    const frame = typeof data === "string" ? parseFrame(data) : null;
    if (frame === null || !this.listener.frame(frame)) {
      this.wantsSnapshot = true;
      this.drop("protocol");
      return;
    }
    if (frame.type === "snapshot") this.wantsSnapshot = false;
    if (this.link.state === "live") {
      if (now_ms - this.openedAt_ms >= proven_ms) this.failures = 0;
    } else if (frame.type === "snapshot" || frame.type === "delta") {
      this.pingedAt_ms = now_ms;
      this.tell({ state: "live" });
    }
  }

  private letGo(): void {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private drop(reason: Reason): void {
    this.letGo();
    this.failures += 1;
    // That a server which stopped cannot be reached is no news.
    if (this.link.state === "live" || reason !== "lost") this.reason = reason;
    const until_ms = this.around.now() + pause_ms(this.failures, this.around.random());
    this.tell({ state: "waiting", until_ms, reason: this.reason });
  }

  private tell(link: Link): void {
    this.link = link;
    this.listener.link(link);
  }
}
