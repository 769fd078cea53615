/** Numbers and times as text. */

import type { Language, Texts } from "./texts";

export class Format {
  private readonly numbers: Intl.NumberFormat;
  private readonly clock: Intl.DateTimeFormat;

  constructor(language: Language, private readonly texts: Texts) {
    this.numbers = new Intl.NumberFormat(language);
    this.clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
  }

  number(value: number): string {
    return this.numbers.format(value);
  }

  /** The time of the day. */
  time(at_ms: number): string {
    return this.clock.format(at_ms);
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
