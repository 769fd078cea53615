/** What the page says of the data: is all of it here, once, and in every store? */

import type { Words } from "./dom";
import type { DataStatus, Projection } from "./protocol";

export interface Figure {
  readonly name: string;
  readonly value: string;
  /** Something a person should look at. */
  readonly isLoud: boolean;
}

/** Less than this is no lag worth a look: a store collects events for a moment before it writes them. */
export const shownLag_s = 2;

/** A store further behind than this is loud. */
export const loudLag_s = 10;

export function trustFigures(status: DataStatus, { texts, format }: Words): Figure[] {
  return [
    { name: texts.received, value: format.number(status.received), isLoud: false },
    { name: texts.missing, value: format.number(status.missing), isLoud: status.missing !== 0 },
    {
      name: texts.doubled,
      value: status.doubled === null ? texts.notCheckedYet : format.number(status.doubled),
      isLoud: status.doubled !== null && status.doubled !== 0,
    },
  ];
}

export function projectionFigure(projection: Projection, { texts, format }: Words): Figure {
  const isRunning = projection.state === "running";
  const isBehind = projection.lagEvents > 0 && projection.lagSeconds >= shownLag_s;
  const parts: string[] = [];
  if (!isRunning) parts.push(texts.projectionState[projection.state] ?? projection.state);
  if (isBehind) parts.push(texts.behind(format.number(projection.lagEvents), format.duration(projection.lagSeconds * 1000)));
  return {
    name: projection.name,
    value: parts.length === 0 ? texts.upToDate : parts.join(" · "),
    isLoud: projection.lagSeconds > loudLag_s || projection.state === "retrying" || projection.state === "stopped",
  };
}
