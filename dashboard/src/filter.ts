/** Which students are shown. */

import { collator } from "./ordering";
import type { Status, Student } from "./protocol";

/** null and the empty text: any. */
export interface Filter {
  readonly status: Status | null;
  readonly team: string | null;
  readonly classCode: string | null;
  readonly search: string;
}

export const noFilter: Filter = { status: null, team: null, classCode: null, search: "" };

export function isFiltering(filter: Filter): boolean {
  return filter.status !== null || filter.team !== null || filter.classCode !== null || filter.search.trim() !== "";
}

/** Each word of the search must be found in name, email, team or notebook; width and case of letters do not matter. */
export function matches(filter: Filter, student: Student): boolean {
  if (filter.status !== null && student.status !== filter.status) return false;
  if (filter.team !== null && student.team !== filter.team) return false;
  if (filter.classCode !== null && student.classCode !== filter.classCode) return false;
  const words = plain(filter.search).split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) return true;
  const text = plain([student.name, student.email, student.team, student.notebook].join("\n"));
  return words.every((word) => text.includes(word));
}

/** The values that can be chosen, sorted. */
export function choices(students: Iterable<Student>, of: "team" | "classCode"): string[] {
  const found = new Set<string>();
  for (const student of students) {
    const value = student[of];
    if (value !== null) found.add(value);
  }
  return [...found].sort(collator.compare);
}

function plain(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}
