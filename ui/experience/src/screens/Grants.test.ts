import { fireEvent, screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import type { Grant } from '../grants';
import { lines, type Script } from '../testing/fake';
import { button, heading, link, open as openPages } from '../testing/screen';

const LIST = 'GET /api/grants';
const grant = (id: string, changes: Partial<Grant> = {}): Grant => ({
  id,
  application: { id, name: `App ${id}` },
  openidScopes: [],
  scopeDescriptions: {},
  resourceScopes: [],
  createdAt: Date.UTC(2026, 0, 2, 12),
  expiresAt: Date.UTC(2026, 5, 30, 12),
  ...changes,
});
const given = (...grants: Grant[]): Script => ({
  [LIST]: [200, { user: { id: 'u', name: 'Alice Archer' }, grants }],
});

const open = (script: Script) => openPages({ path: '/grants', data: { page: 'grants', application: null }, script });

describe('/grants', () => {
  it('shows what each app has, in words', async () => {
    open({
      ...given(
        grant('1', {
          application: { id: '1', name: 'Bookstore', logoUrl: 'https://example.test/logo.png' },
          openidScopes: ['profile', 'offline_access'],
          resourceScopes: [
            {
              resource: { id: 'r', name: 'Stock', indicator: 'https://stock.example.test' },
              scopes: [{ id: 's', name: 'read', description: 'See what is in stock' }],
            },
          ],
        }),
        grant('2'),
      ),
    });
    const store = await screen.findByRole('region', { name: 'Bookstore' });
    expect(heading()).toBe('What you have given');
    expect(screen.getByText('Signed in as Alice Archer')).toBeTruthy();
    const text = store.textContent;
    for (const part of ['Your profile', 'Stock', 'See what is in stock', 'Stays signed in', '2026']) {
      expect(text).toContain(part);
    }
    expect(store.querySelector('img')?.getAttribute('src')).toBe('https://example.test/logo.png');
    expect(within(screen.getByRole('region', { name: 'App 2' })).getByText('Knowing that it is you')).toBeTruthy();
  });

  it('revokes one, says so and keeps the others', async () => {
    const { calls } = open({ ...given(grant('a/b'), grant('2')), 'POST /api/grants/a%2Fb/revoke': [204] });
    await screen.findByRole('region', { name: 'App a/b' });
    await fireEvent.click(button('Revoke what App a/b has'));
    await waitFor(() => expect(screen.queryByRole('region', { name: 'App a/b' })).toBeNull());
    expect(screen.getByRole('status').textContent).toContain('App a/b has nothing from you any more');
    expect(screen.getByRole('region', { name: 'App 2' })).toBeTruthy();
    expect(lines(calls)).toEqual(['GET /api/grants', 'POST /api/grants/a%2Fb/revoke']);
  });

  it('says when one could not be revoked, and keeps it', async () => {
    open({
      ...given(grant('1')),
      'POST /api/grants/1/revoke': [404, { code: 'entity.not_found', message: 'It may be gone.' }],
    });
    await screen.findByRole('region', { name: 'App 1' });
    await fireEvent.click(button('Revoke what App 1 has'));
    expect((await screen.findByRole('alert')).textContent).toContain('It may be gone.');
    expect(screen.getByRole('region', { name: 'App 1' })).toBeTruthy();
  });

  it('says when there is nothing', async () => {
    open(given());
    expect(await screen.findByText('You have given nothing to any app.')).toBeTruthy();
  });

  it('says how when nobody is signed in', async () => {
    open({ [LIST]: [401, { code: 'auth.unauthorized', message: 'x' }] });
    await waitFor(() => expect(heading()).toBe('Nobody is signed in here'));
    expect(screen.getByText(/open this page again/)).toBeTruthy();
    expect(link('Start a test sign-in').getAttribute('href')).toBe('/demo-app?start=1');
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('can be tried again when the server does not answer', async () => {
    open({
      [LIST]: (_, before) => {
        if (before === 0) throw new TypeError('refused');
        return [200, { user: { id: 'u', name: 'Alice' }, grants: [] }];
      },
    });
    await fireEvent.click(await screen.findByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('You have given nothing to any app.')).toBeTruthy();
  });
});
