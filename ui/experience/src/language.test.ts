import { describe, expect, it } from 'vitest';
import { createLanguage } from './language';

describe('createLanguage', () => {
  it('speaks what the server chose, and English where that says nothing', () => {
    const language = { tag: 'ar', dir: 'rtl' as const, phrases: { 'signIn.submit': 'دخول' } };
    const { language: tag, dir, t } = createLanguage(['fr'], language);
    expect([tag, dir]).toEqual(['ar', 'rtl']);
    expect(t('signIn.submit')).toBe('دخول');
    expect(t('signIn.next')).toBe('Continue');
  });

  it('takes the operator’s own English', () => {
    const { t } = createLanguage([], { tag: 'en', dir: 'ltr', phrases: { 'signIn.submit': 'Come in' } });
    expect(t('signIn.submit')).toBe('Come in');
    expect(t('signIn.next')).toBe('Continue');
  });

  it('speaks English when the page came without a language', () => {
    const { language, dir, t } = createLanguage(['de']);
    expect([language, dir, t('signIn.submit')]).toEqual(['en', 'ltr', 'Sign in']);
  });
});
