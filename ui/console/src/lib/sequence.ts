import type { Lane } from '$bindings/Lane';
import type { LiveSummary } from '$bindings/LiveSummary';
import type { Step } from '$bindings/Step';
import { duration, offset } from './format';

/** A gap longer than this is folded into one line, in milliseconds. */
const IDLE_MS = 3000;

export const LANES: readonly Lane[] = ['client', 'provider', 'interaction', 'experience', 'upstream'];

export const LANE_NAMES: Record<Lane, { full: string; short: string }> = {
  client: { full: 'Client app', short: 'Client' },
  provider: { full: 'OIDC provider', short: 'Provider' },
  interaction: { full: 'Interaction session', short: 'Interaction' },
  experience: { full: 'Experience app', short: 'Experience' },
  upstream: { full: 'Upstream provider', short: 'Upstream' },
};

export interface ArrowRow {
  kind: 'arrow' | 'note';
  /** Stable across updates: `<seq>.<index>`. */
  key: string;
  seq: number;
  /** Positions among the lanes shown, from 0. */
  from: number;
  to: number;
  label: string;
  /** What the left gutter says; empty between the first and the last row of a step. */
  offset: string;
  failed: boolean;
  first: boolean;
  last: boolean;
  /** From where to where, in words, for screen readers. */
  way: string;
  /** The error that the step answered with, on its last row. */
  error: string | null;
}

export interface GapRow {
  kind: 'gap';
  key: string;
  text: string;
}

export interface WaitingRow {
  kind: 'waiting';
  key: string;
  lane: number;
  text: string;
  /** Since when it waits, in milliseconds since the Unix epoch. */
  since: number;
}

export type Row = ArrowRow | GapRow | WaitingRow;

export interface Diagram {
  lanes: Lane[];
  rows: Row[];
}

/** Lays a session out: the lanes it needs, and one row per arrow, pause and wait. */
export function layOut(summary: LiveSummary, steps: readonly Step[]): Diagram {
  const upstream =
    summary.waitingOn === 'upstream' ||
    steps.some((step) => step.arrows.some((arrow) => arrow.from === 'upstream' || arrow.to === 'upstream'));
  const lanes = LANES.filter((lane) => lane !== 'upstream' || upstream);
  const rows: Row[] = [];
  let previous: Step | undefined;
  for (const step of steps) {
    if (previous) {
      const idle = step.at - (previous.at + previous.micros / 1000);
      if (idle >= IDLE_MS) rows.push({ kind: 'gap', key: `gap.${step.seq}`, text: gapText(step, idle) });
    }
    rows.push(...stepRows(step, summary, lanes));
    previous = step;
  }
  const held = summary.pause?.held ?? [];
  for (const [index, request] of held.entries()) {
    rows.push({
      kind: 'waiting',
      key: `held.${index}`,
      lane: Math.max(0, lanes.indexOf('provider')),
      text: `paused before ${request.what}`,
      since: request.since,
    });
  }
  if (held.length === 0 && summary.status === 'waiting' && summary.waitingFor) {
    rows.push({
      kind: 'waiting',
      key: 'waiting',
      lane: Math.max(0, lanes.indexOf(summary.waitingOn ?? 'experience')),
      text: /^waiting\b/i.test(summary.waitingFor) ? summary.waitingFor : `waiting for ${summary.waitingFor}`,
      since: summary.updatedAt,
    });
  }
  return { lanes, rows };
}

function stepRows(step: Step, summary: LiveSummary, lanes: Lane[]): ArrowRow[] {
  const arrows =
    step.arrows.length > 0
      ? step.arrows
      : [
          {
            from: 'provider' as Lane,
            to: 'provider' as Lane,
            label: `${step.method} ${step.path}`.trim() || step.kind,
          },
        ];
  const start = step.at - summary.startedAt;
  const begun = offset(start);
  const ended = offset(start + step.micros / 1000);
  return arrows.map((arrow, index) => {
    const first = index === 0;
    const last = index === arrows.length - 1;
    // The error belongs to the answer: the last row, with the status it carried.
    const failed = last && step.error !== undefined;
    const status = String(step.status);
    const label =
      failed && step.status >= 400 && !arrow.label.includes(status) ? `${status} ${arrow.label}` : arrow.label;
    const way =
      arrow.from === arrow.to
        ? `${LANE_NAMES[arrow.from].full}: `
        : `${LANE_NAMES[arrow.from].full} to ${LANE_NAMES[arrow.to].full}: `;
    return {
      kind: arrow.from === arrow.to ? 'note' : 'arrow',
      key: `${step.seq}.${index}`,
      seq: step.seq,
      from: lanes.indexOf(arrow.from),
      to: lanes.indexOf(arrow.to),
      label,
      offset: first ? begun : last && ended !== begun ? ended : '',
      failed,
      first,
      last,
      way,
      error: last ? (step.error?.error ?? null) : null,
    };
  });
}

/** Who took the time before a step, and how long. `idle` is in milliseconds. */
export function gapText(step: Step, idle: number): string {
  const who: Partial<Record<Step['kind'], string>> = {
    page: 'the person was thinking',
    experience: 'the person was thinking',
    consent: 'the person was thinking',
    resume: 'the person was thinking',
    token: 'the app took its time',
    userinfo: 'the app took its time',
    introspection: 'the app took its time',
    revocation: 'the app took its time',
  };
  return `${duration(idle)}: ${who[step.kind] ?? 'nothing happened'}`;
}
