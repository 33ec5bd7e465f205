import { describe, expect, it } from 'vitest';
import { createTranslator, pickLanguage } from './i18n';

const en = {
  hello: 'Hello {name}',
  people_one: '{count} person',
  people_other: '{count} people',
  plain: 'Plain',
};

describe('pickLanguage', () => {
  it.each([
    [['en', 'pt-BR', 'pt-PT'], ['pt-PT'], 'pt-PT'],
    [['en', 'pt-BR', 'pt-PT'], ['PT-pt'], 'pt-PT'],
    [['en', 'pt-BR', 'pt-PT'], ['pt'], 'pt-BR'],
    [['en', 'fa-IR'], ['xx', 'fa'], 'fa-IR'],
    [['en', 'de'], ['de-AT', 'en'], 'de'],
    [['en', 'de'], ['', 'xx'], 'en'],
    [['en', 'de'], [], 'en'],
  ])('from %j wanting %j takes %s', (available, wanted, expected) => {
    expect(pickLanguage(available, wanted, 'en')).toBe(expected);
  });
});

describe('createTranslator', () => {
  const fallback = { language: 'en', phrases: en };

  it('puts values in and leaves a place without a value visible', () => {
    const { t } = createTranslator({ en }, fallback);
    expect(t('hello', { name: 'Ada' })).toBe('Hello Ada');
    expect(t('hello')).toBe('Hello {name}');
  });

  it('never reads a value as another place', () => {
    expect(createTranslator({ en }, fallback).t('hello', { name: '{name}' })).toBe('Hello {name}');
  });

  it('chooses the plural form of the language', () => {
    const { t } = createTranslator({ en }, fallback);
    expect(t('people', { count: 1 })).toBe('1 person');
    expect(t('people', { count: 3 })).toBe('3 people');
    const pl = createTranslator({ en, pl: { people_few: '{count} osoby' } as Partial<typeof en> }, fallback, ['pl']);
    expect(pl.t('people', { count: 3 })).toBe('3 osoby');
  });

  it('takes missing keys from the fallback and lets custom phrases win', () => {
    const translator = createTranslator({ en, ar: { plain: 'بسيط' } }, fallback, ['ar-EG'], { hello: 'Hi {name}' });
    expect(translator.language).toBe('ar');
    expect(translator.dir).toBe('rtl');
    expect(translator.t('plain')).toBe('بسيط');
    expect(translator.t('hello', { name: 'Ada' })).toBe('Hi Ada');
    expect(translator.t('people', { count: 2 })).toBe('2 people');
  });
});
