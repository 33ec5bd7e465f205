import type { ParamFate } from '$bindings/ParamFate';

/** What became of a parameter: the word for it, and the tone of its chip. */
export const FATES: Record<ParamFate, { name: string; tone: string }> = {
  used: { name: 'Used', tone: 'ok' },
  narrowed: { name: 'Narrowed', tone: 'info' },
  dropped: { name: 'Dropped', tone: 'warn' },
  ignored: { name: 'Ignored', tone: 'plain' },
  refused: { name: 'Refused', tone: 'bad' },
};
