import type { LiveDetail } from '$bindings/LiveDetail';
import type { LiveSummary } from '$bindings/LiveSummary';
import type { Step } from '$bindings/Step';
import type { TokenView } from '$bindings/TokenView';
import { cleanJson, cleanPairs, cleanText, type Net } from './redact';

/** A session without secrets: built anew from the members that are known. */
export function cleanDetail({ summary, steps }: LiveDetail, net: Net): LiveDetail {
  return { summary: cleanSummary(summary, net), steps: steps.map((step) => cleanStep(step, net)) };
}

function cleanSummary(summary: LiveSummary, net: Net): LiveSummary {
  const clean = (text: string) => cleanText(text, net);
  const maybe = (text: string | null) => (text === null ? null : clean(text));
  return {
    id: summary.id,
    seq: summary.seq,
    startedAt: summary.startedAt,
    updatedAt: summary.updatedAt,
    appId: maybe(summary.appId),
    appName: clean(summary.appName),
    userId: maybe(summary.userId),
    userName: maybe(summary.userName),
    interaction: maybe(summary.interaction),
    status: summary.status,
    outcome: clean(summary.outcome),
    headline: clean(summary.headline),
    chips: summary.chips.map((chip) => ({ text: cleanPairs(chip.text, net), logto: chip.logto })),
    expiresAt: summary.expiresAt,
    waitingFor: maybe(summary.waitingFor),
    waitingOn: summary.waitingOn,
    agent: maybe(summary.agent),
    steps: summary.steps,
    uncounted: summary.uncounted,
  };
}

function cleanStep(step: Step, net: Net): Step {
  const clean = (text: string) => cleanText(text, net);
  return {
    seq: step.seq,
    live: step.live,
    at: step.at,
    micros: step.micros,
    kind: step.kind,
    method: clean(step.method),
    path: clean(step.path),
    status: step.status,
    arrows: step.arrows.map(({ from, to, label }) => ({ from, to, label: clean(label) })),
    because: step.because.map((card) => ({
      rule: card.rule,
      title: clean(card.title),
      detail: clean(card.detail),
      ...(card.input === undefined ? {} : { input: clean(card.input) }),
      outcome: card.outcome,
      source: card.source,
      ...(card.repair === undefined ? {} : { repair: cleanJson(card.repair, net) as typeof card.repair }),
    })),
    params: step.params.map((param) => {
      const value = (text: string) => String(cleanJson(text, net, param.name));
      return {
        name: clean(param.name),
        value: value(param.value),
        origin: param.origin,
        fate: param.fate,
        ...(param.effective === undefined ? {} : { effective: value(param.effective) }),
        ...(param.note === undefined ? {} : { note: clean(param.note) }),
      };
    }),
    tokens: step.tokens.map((token) => cleanToken(token, net)),
    ...(step.error === undefined
      ? {}
      : {
          error: {
            error: step.error.error,
            description: clean(step.error.description),
            ...(step.error.detail === undefined ? {} : { detail: clean(step.error.detail) }),
          },
        }),
    ...(step.snapshot === undefined ? {} : { snapshot: cleanJson(step.snapshot, net) as Record<string, unknown> }),
    wire: step.wire,
  };
}

function cleanToken(token: TokenView, net: Net): TokenView {
  const notes = (list: TokenView['absent']) => list.map(({ claim, note }) => ({ claim, note: cleanText(note, net) }));
  return {
    name: token.name,
    format: token.format,
    ...(token.header === undefined ? {} : { header: cleanJson(token.header, net) as Record<string, unknown> }),
    claims: cleanJson(token.claims, net) as Record<string, unknown>,
    provenance: notes(token.provenance),
    absent: notes(token.absent),
    expiresAt: token.expiresAt,
  };
}
