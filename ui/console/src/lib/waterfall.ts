import type { LiveSummary } from '$bindings/LiveSummary';
import type { Step } from '$bindings/Step';
import { duration, offset } from './format';
import { gapText } from './sequence';
import { shortPath, stepLine, stepName } from './step-names';

/** Nothing happening for longer than this is folded, in milliseconds. */
const FOLD_MS = 1000;
/** The share of the axis that a fold takes. */
const FOLD_SHARE = 0.07;
/** All folds together take at most this share. */
const FOLDS_SHARE = 0.4;
/** A stretch between folds stands for at least this share of the time that was worked. */
const LEAST_STRETCH = 0.08;
/** A bar is at least this share of the axis, so that it can be seen. */
const LEAST_SHARE = 0.004;

/** A stretch of the axis: worked through, or folded. Positions are shares of the axis, from 0 to 1. */
export interface Stretch {
  folded: boolean;
  /** Milliseconds since the session began. */
  from: number;
  to: number;
  left: number;
  width: number;
  /** The milliseconds that the width stands for: a short stretch has some room behind it. */
  span: number;
}

export interface BarRow {
  kind: 'bar';
  key: string;
  seq: number;
  /** `POST …/verification/password → 200`. */
  line: string;
  /** What it was, in words. */
  name: string;
  left: number;
  width: number;
  /** `+52 ms`. */
  begins: string;
  /** `4.3 ms`. */
  took: string;
  error: string | null;
}

export interface FoldRow {
  kind: 'fold';
  key: string;
  left: number;
  width: number;
  text: string;
}

export interface WaitRow {
  kind: 'wait';
  key: string;
  left: number;
  text: string;
  since: number;
}

export interface Tick {
  at: number;
  label: string;
}

export interface Waterfall {
  rows: Array<BarRow | FoldRow | WaitRow>;
  stretches: Stretch[];
  ticks: Tick[];
}

/** Lays the steps of a session out over time; a person's thinking takes little room on the axis. */
export function layOutTime(summary: LiveSummary, steps: readonly Step[]): Waterfall {
  const ordered = [...steps].sort((a, b) => a.at - b.at || a.seq - b.seq);
  const spans = ordered.map((step) => {
    const from = Math.max(0, step.at - summary.startedAt);
    return { step, from, to: from + step.micros / 1000 };
  });
  const stretches = place(stretchesOf(spans));
  const at = (time: number) => position(stretches, time);
  const rows: Waterfall['rows'] = [];
  let end = 0;
  for (const { step, from, to } of spans) {
    const fold = stretches.find((stretch) => stretch.folded && stretch.to === from && stretch.from === end);
    if (fold && rows.length > 0) {
      const text = gapText(step, fold.to - fold.from);
      rows.push({ kind: 'fold', key: `fold.${step.seq}`, left: fold.left, width: fold.width, text });
    }
    const left = Math.min(at(from), 1 - LEAST_SHARE);
    rows.push({
      kind: 'bar',
      key: `${step.seq}`,
      seq: step.seq,
      line: stepLine({ ...step, path: shortPath(step.path) }) || step.kind,
      name: stepName(step),
      left,
      width: Math.max(LEAST_SHARE, at(to) - left),
      begins: offset(from),
      took: duration(step.micros / 1000),
      error: step.error?.error ?? null,
    });
    end = Math.max(end, to);
  }
  if (summary.status === 'waiting' && summary.waitingFor) {
    const text = /^waiting\b/i.test(summary.waitingFor) ? summary.waitingFor : `waiting for ${summary.waitingFor}`;
    rows.push({ kind: 'wait', key: 'wait', left: 1, text, since: summary.updatedAt });
  }
  return { rows, stretches, ticks: ticksOf(stretches) };
}

/** Cuts the time into stretches: between two steps that are far apart lies one that is folded. */
function stretchesOf(
  spans: ReadonlyArray<{ from: number; to: number }>,
): Array<Pick<Stretch, 'folded' | 'from' | 'to'>> {
  const stretches: Array<Pick<Stretch, 'folded' | 'from' | 'to'>> = [];
  let begun = 0;
  let end = 0;
  for (const { from, to } of spans) {
    if (from - end >= FOLD_MS) {
      stretches.push({ folded: false, from: begun, to: end }, { folded: true, from: end, to: from });
      begun = from;
    }
    end = Math.max(end, to);
  }
  // A step that took no time at all still has a place.
  stretches.push({ folded: false, from: begun, to: Math.max(end, begun + 0.001) });
  return stretches;
}

/** Gives every stretch its share: folds a small fixed one, the others as much as their time needs, all in one scale. */
function place(raw: ReadonlyArray<Pick<Stretch, 'folded' | 'from' | 'to'>>): Stretch[] {
  const folds = raw.filter((stretch) => stretch.folded).length;
  const share = folds === 0 ? 0 : Math.min(FOLD_SHARE, FOLDS_SHARE / folds);
  const busy = raw.reduce((sum, stretch) => sum + (stretch.folded ? 0 : stretch.to - stretch.from), 0);
  // A stretch of one short step has some room behind it, or the folds beside it would touch.
  const least = folds === 0 ? 0 : Math.min(LEAST_STRETCH, 1 / raw.length) * busy;
  const spans = raw.map(({ folded, from, to }) => (folded ? to - from : Math.max(to - from, least)));
  const whole = raw.reduce((sum, { folded }, index) => sum + (folded ? 0 : (spans[index] ?? 0)), 0);
  let left = 0;
  return raw.map((stretch, index) => {
    const span = spans[index] ?? 0;
    const width = stretch.folded ? share : (span / whole) * (1 - share * folds);
    const placed = { ...stretch, left, width, span };
    left += width;
    return placed;
  });
}

function position(stretches: readonly Stretch[], time: number): number {
  for (const { from, to, left, width, span } of stretches) {
    if (time <= to) return left + Math.max(0, (time - from) / span) * width;
  }
  return 1;
}

/** Round moments along the axis, about five of them, none inside a fold and none on top of another. */
function ticksOf(stretches: readonly Stretch[]): Tick[] {
  const ticks: Tick[] = [];
  for (const { folded, from, left, width, span } of stretches) {
    if (folded) continue;
    if (left === 0 || room(ticks, left)) ticks.push({ at: left, label: offset(from) });
    const step = round(span / Math.max(1, Math.round(width * 6)));
    for (let time = (Math.floor(from / step) + 1) * step; time < from + span; time += step) {
      const at = left + ((time - from) / span) * width;
      if (room(ticks, at) && at < 0.95) ticks.push({ at, label: offset(time) });
    }
  }
  return ticks;
}

const room = (ticks: readonly Tick[], at: number): boolean => at - (ticks.at(-1)?.at ?? -1) > 0.1;

/** The next of 1, 2, 5, 10, 20, 50… */
function round(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= value) ?? 10 * power;
}
