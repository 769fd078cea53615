/** The server's clock. Its times are shown as durations, which the clock of this machine would get wrong when it is off. */
export class ServerClock {
  private offset_ms = 0;

  constructor(private readonly local: () => number) {}

  now(): number {
    return this.local() + this.offset_ms;
  }

  /** The server said `server_ms` at some moment between the two local ones. */
  learn(server_ms: number, asked_ms: number, answered_ms: number): void {
    this.offset_ms = server_ms - (asked_ms + answered_ms) / 2;
  }
}
