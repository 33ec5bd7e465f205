import type { SignInExperience } from './data';
import type { Translate } from './language';

/** What a new password must be like, in a line (sheet 4.8). */
export function passwordHint(t: Translate, { passwordPolicy }: SignInExperience): string {
  const min = passwordPolicy?.length?.min;
  const types = passwordPolicy?.characterTypes?.min ?? 1;
  if (!min) return types > 1 ? t('password.characterTypes', { min: types }) : '';
  const length = t('field.passwordHint', { min });
  return types > 1 ? t('field.passwordHintTypes', { length, types }) : length;
}
