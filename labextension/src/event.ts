// Made from schema/event.schema.json by tools/generate_event_types.py. Do not edit.

/** One event of a student's notebook, as a client sends it. */
export interface Event {
  /** Identity of the event, kept when it is sent again. A UUID by its value, any other text by its bytes. Missing: the server makes one. */
  eventId?: string | null;
  /** What happened. Unknown types are kept. Known: cell_executed, cell_started, cell_finished, notebook_opened, notebook_saved, notebook_closed, help, help_stop, kernel_status, presence, environment, stream_gap, session_start, session_end. */
  eventType?: string | null;
  /** When it happened by the clock of the client. Stored in UTC with microseconds; missing, unreadable or far off: the receive time, marked in `server`. */
  eventTime?: string | null;
  /** Identity of the student. */
  emailAddress?: string | null;
  /** Identity of the student for clients that send no emailAddress. */
  userId?: string | null;
  /** Name to show. */
  userName?: string | null;
  /** Team of the student. */
  teamName?: string | null;
  /** Class the work belongs to. */
  classCode?: string | null;
  /** One page load, or one press of "new session". */
  sessionId?: string | null;
  /** The numbered stream of this client (one queue of one browser profile). */
  streamId?: string | null;
  /** Number of the event in its stream, from 1 without gaps. A stream_gap needs none: its place is the gap itself. */
  streamSequence?: number | null;
  /** The stream that this one continues. */
  streamPredecessor?: string | null;
  /** How much may be stored: only that it ran, also the code, also the output. */
  consent?: 'status' | 'code' | 'output' | null;
  /** Path of the notebook. */
  notebookPath?: string | null;
  /** Jupyter cell id. */
  cellId?: string | null;
  /** Position of the cell, from 0. */
  cellIndex?: number | null;
  /** code, markdown or raw. */
  cellType?: string | null;
  /** Source of the cell. */
  code?: string | null;
  /** The kernel's execution counter. Missing on a code cell without error: it did not run. */
  executionCount?: number | null;
  /** The run ended with an error. */
  hasError?: boolean | null;
  /** `<name>: <value>` of the error. */
  errorMessage?: string | null;
  /** Class of the error, for example NameError. */
  errorName?: string | null;
  /** Traceback as text; an array of lines is joined with newlines. */
  traceback?: string | null;
  /** text/plain of the last result; on error the error message. */
  result?: string | null;
  /** Printed output. */
  output?: string | null;
  /** Size of the whole output in bytes, when the client cut it. */
  outputBytes?: number | null;
  /** SHA-256 of the whole output, hexadecimal, when the client cut it. */
  outputSha256?: string | null;
  /** How the run ended, when the client knows it. */
  status?: 'success' | 'error' | 'aborted' | 'interrupted' | 'skipped' | null;
  /** Milliseconds. From the unchanged extension the time in its browser handler, not the cell's. */
  executionDurationMs?: number | null;
  /** When the kernel began the cell, by the kernel's clock. */
  startedAt?: string | null;
  /** When the kernel ended the cell, by the kernel's clock. */
  finishedAt?: string | null;
  /** idle, busy, starting, restarted, died, waiting_for_input, interrupted. */
  kernelStatus?: string | null;
  /** present, hidden, idle or away. */
  presence?: string | null;
  /** What the student wrote when asking for help. */
  helpNote?: string | null;
  /** stream_gap: first number that will never come. */
  gapFrom?: number | null;
  /** stream_gap: last number that will never come. */
  gapTo?: number | null;
  /** stream_gap: how many events that were. */
  gapCount?: number | null;
  /** stream_gap: why. */
  gapReason?: string | null;
  /** Report of the Python environment: python, platform, packages. */
  environment?: Record<string, unknown> | null;
  /** Anything else a client wants to say. */
  metadata?: Record<string, unknown> | null;
  [unknown: string]: unknown;
}
