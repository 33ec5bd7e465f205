import type { Because } from '$bindings/Because';
import type { Outcome } from '$bindings/Outcome';
import type { Step } from '$bindings/Step';

/** The most important first. */
const WEIGHT: Record<Outcome, number> = { refused: 0, dropped: 1, decided: 2, passed: 3 };

export const OUTCOME_LABELS: Record<Outcome, string> = {
  refused: 'Refused',
  dropped: 'Dropped',
  decided: 'Decided',
  passed: 'Passed',
};

export interface Card {
  key: string;
  seq: number;
  because: Because;
}

/** The cards of one step, in the order in which the rules ran. */
export function cardsOfStep(step: Step): Card[] {
  return step.because.map((because, index) => ({ key: `${step.seq}.${index}`, seq: step.seq, because }));
}

/** All cards of a session: refused, dropped, decided, passed; within each in the order they happened. */
export function cardsOfSession(steps: readonly Step[]): Card[] {
  return steps.flatMap(cardsOfStep).sort((a, b) => WEIGHT[a.because.outcome] - WEIGHT[b.because.outcome]);
}
