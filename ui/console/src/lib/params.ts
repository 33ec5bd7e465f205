import type { Param } from '$bindings/Param';
import { short } from './format';

/** Logto's authentication parameters (sheet 2.1). They stand out. */
export const LOGTO = new Set([
  'first_screen',
  'interaction_mode',
  'identifier',
  'direct_sign_in',
  'login_hint',
  'one_time_token',
  'organization_id',
  'ui_locales',
]);

export interface ShortParam {
  name: string;
  value: string;
  title: string;
  logto: boolean;
  dropped: boolean;
}

/**
 * The parameters of a request as a short list: what a person reads first stays as it is, the values
 * that only have to be there (`code_challenge`, `nonce`, `state`) are drawn together.
 */
export function shortParams(params: readonly Param[]): ShortParam[] {
  const value = (name: string) => params.find((param) => param.name === name)?.value;
  const rows: ShortParam[] = [];
  const seen = new Map<string, number>();
  for (const param of params) {
    if (['code_challenge', 'code_challenge_method', 'nonce', 'state'].includes(param.name)) continue;
    // A name sent twice is shown twice; the number keeps the rows apart.
    const again = (seen.get(param.name) ?? 0) + 1;
    seen.set(param.name, again);
    const dropped = param.fate === 'dropped';
    rows.push({
      name: again === 1 ? param.name : `${param.name} (${again})`,
      value: param.effective ?? param.value,
      title: param.note ?? param.value,
      logto: LOGTO.has(param.name) && !dropped,
      dropped,
    });
  }
  const challenge = value('code_challenge');
  if (challenge !== undefined) {
    const method = value('code_challenge_method') ?? 'plain';
    rows.push(plain('code_challenge', `${method} · ${short(challenge)}`, challenge));
  }
  const [nonce, state] = [value('nonce'), value('state')];
  if (nonce !== undefined || state !== undefined) {
    const word = (text: string | undefined) => (text === undefined ? 'absent' : 'present');
    rows.push(plain('nonce / state', `${word(nonce)} / ${word(state)}`, `${nonce ?? '–'} / ${state ?? '–'}`));
  }
  return rows;
}

const plain = (name: string, value: string, title: string): ShortParam => ({
  name,
  value,
  title,
  logto: false,
  dropped: false,
});
