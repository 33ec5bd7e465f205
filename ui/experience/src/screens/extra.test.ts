import { fireEvent, screen, waitFor } from '@testing-library/svelte';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ProfileField } from '../data';
import { inputsOf, problemOf, valuesOf } from '../extra';
import { createLanguage } from '../language';
import { experience } from '../testing/fake';
import { button, descriptionOf, field, heading, open } from '../testing/screen';

beforeAll(() => import('./steps'));

const { t } = createLanguage([]);
const only = (changes: Partial<ProfileField> & Pick<ProfileField, 'type'>) => {
  const [input] = inputsOf(t, { name: 'x', label: 'X', ...changes });
  if (!input) throw new Error('no input');
  return input;
};

describe('custom profile fields (sheet 5.7)', () => {
  it.each<[Partial<ProfileField> & Pick<ProfileField, 'type'>, string, string]>([
    [{ type: 'Text', required: true }, ' ', 'Fill in this field: X.'],
    [{ type: 'Text' }, '', ''],
    [{ type: 'Text', config: { minLength: 3 } }, 'ab', 'Enter at least 3 characters.'],
    [{ type: 'Text', config: { maxLength: 1 } }, 'ab', 'Enter at most 1 character.'],
    [{ type: 'Number' }, 'ten', 'Enter a number.'],
    [{ type: 'Number', config: { minValue: 18 } }, '17', 'Enter 18 or more.'],
    [{ type: 'Number', config: { maxValue: 99 } }, '100', 'Enter 99 or less.'],
    [{ type: 'Number', config: { minValue: 18, maxValue: 99 } }, '18', ''],
    [{ type: 'Url' }, 'example', 'Enter a complete address, such as https://example.com.'],
    [{ type: 'Url' }, 'javascript:alert(1)', 'Enter a complete address, such as https://example.com.'],
    [{ type: 'Url' }, 'https://example.com/x', ''],
    [{ type: 'Regex', config: { format: '^[A-Z]{2}$' } }, 'ab', 'This does not have the form that is asked for.'],
    [{ type: 'Regex', config: { format: '^[A-Z]{2}$' } }, 'AB', ''],
    [{ type: 'Regex', config: { format: '([' } }, 'anything', ''],
    [{ type: 'Checkbox', required: true }, 'false', 'Tick this to go on.'],
    [{ type: 'Checkbox' }, 'false', ''],
    [{ type: 'Select', required: true }, '', 'Choose one'],
    [{ type: 'Date' }, '2000-02-30x', 'Enter a complete date.'],
  ])('%j with %j: %s', (changes, typed, problem) => {
    expect(problemOf(t, only(changes), typed)).toBe(problem);
  });

  it('sends each value as its type, and leaves out what is empty', () => {
    const fields: ProfileField[] = [
      { name: 'age', type: 'Number' },
      { name: 'news', type: 'Checkbox' },
      { name: 'birthdate', type: 'Date', config: { format: 'MM/dd/yyyy' } },
      { name: 'nickname', type: 'Text' },
      {
        name: 'address',
        type: 'Address',
        config: {
          parts: [
            { name: 'locality', type: 'Text', enabled: true },
            { name: 'country', type: 'Text', enabled: true },
            { name: 'region', type: 'Text', enabled: false },
          ],
        },
      },
    ];
    const inputs = fields.flatMap((one) => inputsOf(t, one));
    expect(inputs.map((one) => one.label)).toEqual(['age', 'news', 'birthdate', 'nickname', 'City', 'Country']);
    const typed = {
      'extra-age': '42',
      'extra-news': 'true',
      'extra-birthdate': '2000-01-31',
      'extra-address-locality': 'Bern',
      'extra-address-country': 'CH',
    };
    expect(valuesOf(inputs, typed)).toEqual({
      age: 42,
      news: true,
      birthdate: '01/31/2000',
      address: { locality: 'Bern', country: 'CH' },
    });
  });

  const customProfileFields: ProfileField[] = [
    {
      name: 'fullname',
      type: 'Fullname',
      label: 'Your name',
      config: { parts: [{ name: 'givenName', type: 'Text', required: true, enabled: true }] },
    },
    {
      name: 'team',
      type: 'Select',
      label: 'Team',
      description: 'You can change it later',
      required: true,
      config: { options: [{ value: 'a', label: 'Team A' }] },
    },
    { name: 'terms', type: 'Checkbox', label: 'Keep me posted' },
  ];

  it('asks for them at /continue/extra-profile and posts them', async () => {
    const E = '/api/experience';
    const { calls, leave } = open({
      path: '/continue/extra-profile',
      data: { signInExperience: experience({ customProfileFields }) },
      script: {
        [`POST ${E}/submit`]: (_, before) =>
          before === 0
            ? [422, { code: 'user.missing_profile', data: { missingProfile: ['extraProfile'] } }]
            : [200, { redirectTo: '/done' }],
      },
    });
    await waitFor(() => expect(heading()).toBe('Tell us about yourself'));
    expect(window.location.pathname).toBe('/continue/extra-profile');
    const send = () => fireEvent.submit(button('Continue').closest('form') as HTMLFormElement);
    await send();
    await waitFor(() => expect(document.activeElement).toBe(field('Given name')));
    const team = screen.getByLabelText<HTMLSelectElement>('Team', { selector: 'select' });
    expect(descriptionOf(team)).toBe('Choose one You can change it later');
    expect(field('Given name').autocomplete).toBe('given-name');
    await fireEvent.input(field('Given name'), { target: { value: 'Alice' } });
    await fireEvent.change(team, { target: { value: 'a' } });
    await fireEvent.click(field(/Keep me posted/));
    await send();
    await waitFor(() => expect(leave).toHaveBeenCalledWith('/done'));
    expect(calls.find((call) => call.path === `${E}/profile`)?.body).toEqual({
      type: 'extraProfile',
      values: { fullname: { givenName: 'Alice' }, team: 'a', terms: true },
    });
  });
});
