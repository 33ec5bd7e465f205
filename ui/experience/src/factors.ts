import type { ApiProblem } from '$shared/api';

/** Second factors in the order they are offered (sheet 4.6). */
export const FACTORS = ['WebAuthn', 'Totp', 'PhoneVerificationCode', 'EmailVerificationCode', 'BackupCode'] as const;
export type Factor = (typeof FACTORS)[number];

/** What the server asked for when it did not let an interaction through for want of a second factor. */
export interface SecondFactors {
  /** `verify` one that is bound, `bind` a new one, or be asked whether to (`ask`). */
  task: 'verify' | 'bind' | 'ask';
  factors: readonly Factor[];
  /** Where codes go, with most of it hidden. */
  masked: Readonly<Partial<Record<Factor, string>>>;
  /** The route that passes this step by, when that is allowed. */
  skip: 'mfa-skipped' | 'mfa-suggestion-skipped' | undefined;
  /** Whether another factor is there already. */
  additional: boolean;
}

export const isFactor = (word: unknown): word is Factor => (FACTORS as readonly unknown[]).includes(word);

const NONE = { factors: [], masked: {}, skip: undefined, additional: false } as const;

function listed(data: ApiProblem['data']): Factor[] {
  const sent: unknown = data['availableFactors'];
  return FACTORS.filter((factor) => Array.isArray(sent) && sent.includes(factor));
}

/** The page of a factor, or of the choice when there is one. */
const pathOf = (page: string, factors: readonly Factor[], direct: boolean): string =>
  direct && factors[0] !== undefined ? `${page}/${factors[0]}` : page;

/** Reads what the server wants done about second factors, and which page does it (sheet 4.6 and 4.9). */
export function factorStep({ code, data }: ApiProblem): { go: string; factors: SecondFactors } | undefined {
  switch (code) {
    case 'session.mfa.require_mfa_verification': {
      const factors = listed(data);
      const masked = (data['maskedIdentifiers'] ?? {}) as SecondFactors['masked'];
      // The first one is asked for at once; its page leads to the others.
      return { go: pathOf('/mfa-verification', factors, true), factors: { ...NONE, task: 'verify', factors, masked } };
    }
    case 'user.missing_mfa':
    case 'session.mfa.suggest_additional_mfa': {
      const additional = code !== 'user.missing_mfa';
      // Backup codes alone protect nothing; the server asks for them once another factor is there.
      const factors = listed(data).filter((factor, _, all) => factor !== 'BackupCode' || all.length === 1);
      const skip = additional ? 'mfa-suggestion-skipped' : data['skippable'] === true ? 'mfa-skipped' : undefined;
      const go = pathOf('/mfa-binding', factors, factors.length === 1);
      return { go, factors: { ...NONE, task: 'bind', factors, skip, additional } };
    }
    case 'session.mfa.backup_code_required':
      return {
        go: '/mfa-binding/BackupCode',
        factors: { ...NONE, task: 'bind', factors: ['BackupCode'], additional: true },
      };
    case 'user.suggest_mfa':
      return { go: '/mfa-onboarding', factors: { ...NONE, task: 'ask', factors: listed(data), skip: 'mfa-skipped' } };
    default:
      return undefined;
  }
}
