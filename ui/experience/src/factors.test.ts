import { ApiProblem } from '$shared/api';
import { describe, expect, it } from 'vitest';
import { factorStep } from './factors';

const step = (code: string, data: Record<string, unknown> = {}) => factorStep(new ApiProblem(422, code, '', data));

describe('factorStep (sheet 4.6 and 4.9)', () => {
  it('asks for the first bound factor in the order they are offered', () => {
    const masked = { EmailVerificationCode: '****@example.test' };
    expect(
      step('session.mfa.require_mfa_verification', {
        availableFactors: ['BackupCode', 'EmailVerificationCode', 'Totp', 'Unheard'],
        maskedIdentifiers: masked,
      }),
    ).toEqual({
      go: '/mfa-verification/Totp',
      factors: {
        task: 'verify',
        factors: ['Totp', 'EmailVerificationCode', 'BackupCode'],
        masked,
        skip: undefined,
        additional: false,
      },
    });
  });

  it.each([
    [['Totp'], '/mfa-binding/Totp', ['Totp']],
    [['Totp', 'BackupCode'], '/mfa-binding/Totp', ['Totp']],
    [['Totp', 'WebAuthn'], '/mfa-binding', ['WebAuthn', 'Totp']],
    [['BackupCode'], '/mfa-binding/BackupCode', ['BackupCode']],
    [[], '/mfa-binding', []],
    [undefined, '/mfa-binding', []],
  ])('with %j to bind goes to %s', (availableFactors, go, factors) => {
    expect(step('user.missing_mfa', { availableFactors })).toMatchObject({ go, factors: { task: 'bind', factors } });
  });

  it.each([
    ['user.missing_mfa', {}, undefined],
    ['user.missing_mfa', { skippable: true }, 'mfa-skipped'],
    ['session.mfa.suggest_additional_mfa', { skippable: true }, 'mfa-suggestion-skipped'],
    ['session.mfa.backup_code_required', {}, undefined],
    ['user.suggest_mfa', {}, 'mfa-skipped'],
  ])('%s with %j is passed by through %s', (code, data, skip) => {
    expect(step(code, data)?.factors.skip).toBe(skip);
  });

  it('leaves other problems alone', () => {
    expect(step('session.invalid_credentials')).toBeUndefined();
  });
});
