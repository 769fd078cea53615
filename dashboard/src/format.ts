/** Numbers and times as text. */

import type { Language, Texts } from "./texts";

export class Format {
  private readonly numbers: Intl.NumberFormat;
  private readonly clock: Intl.DateTimeFormat;
  private readonly calendar: Intl.DateTimeFormat;

  constructor(language: Language, private readonly texts: Texts) {
    const clock = { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false } as const;
    this.numbers = new Intl.NumberFormat(language);
    this.clock = new Intl.DateTimeFormat(language, clock);
    this.calendar = new Intl.DateTimeFormat(language, { ...clock, month: "short", day: "numeric" });
  }

  number(value: number): string {
    return this.numbers.format(value);
  }

  /** The time of the day, with the date when it is not today's. */
  moment(at_ms: number, now_ms: number): string {
    const isToday = new Date(at_ms).toDateString() === new Date(now_ms).toDateString();
    return (isToday ? this.clock : this.calendar).format(at_ms);
  }

  /** In one unit, below a day in two. A negative duration (clocks differ) is none. */
  duration(duration_ms: number): string {
    const seconds = Math.max(0, Math.floor(duration_ms / 1000));
    if (seconds < 60) return this.texts.seconds(seconds);
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return this.texts.minutes(minutes);
    const hours = Math.floor(minutes / 60);
    if (hours < 24) return this.texts.hours(hours, minutes % 60);
    return this.texts.days(Math.floor(hours / 24));
  }
}

/** The last part of a path, which tells notebooks apart in little room. */
export function baseName(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return name === "" ? path : name.replace(/\.ipynb$/, "");
}
