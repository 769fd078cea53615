/** Students and frames for the tests. */

import type { Counters, Delta, Snapshot, Student } from "../src/protocol";

export function student(email: string, fields: Partial<Student> = {}): Student {
  return {
    email,
    name: null,
    team: null,
    classCode: null,
    status: "active",
    since: null,
    asksHelp: false,
    helpSince: null,
    executions: 0,
    errors: 0,
    consecutiveErrors: 0,
    errorCells: [],
    notebook: null,
    cellId: null,
    cellIndex: null,
    runningSince: null,
    lastActivityAt: null,
    ...fields,
  };
}

export const counters: Counters = {
  students: 0, active: 0, help: 0, error: 0, significantError: 0, idle: 0, executions: 0, errors: 0,
};

export function snapshot(sequence: number, students: readonly Student[], epoch = "e-1"): Snapshot {
  return { type: "snapshot", epoch, sequence, counters, students };
}

export function delta(from: number, sequence: number, students: readonly Student[], more: Partial<Delta> = {}): Delta {
  return { type: "delta", epoch: "e-1", from, sequence, counters, students, gone: [], ...more };
}
