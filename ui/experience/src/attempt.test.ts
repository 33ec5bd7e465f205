import { describe, expect, it, vi } from 'vitest';
import { Attempt } from './attempt.svelte';
import { fakeApp } from './testing/fake';

describe('Attempt', () => {
  it('refuses a second start while the first is under way', async () => {
    const { app, leave } = fakeApp();
    const attempt = new Attempt(app);
    let finish: (value: { redirectTo: string }) => void = () => undefined;
    const first = attempt.run('SignIn', () => new Promise((resolve) => (finish = resolve)));
    const second = vi.fn(() => Promise.resolve({ redirectTo: '/second' }));
    await attempt.run('SignIn', second);
    finish({ redirectTo: '/first' });
    await first;
    expect(second).not.toHaveBeenCalled();
    expect(leave).toHaveBeenCalledExactlyOnceWith('/first');
  });

  it('forgets the last problem when it starts again', async () => {
    const { app } = fakeApp({ script: { 'PUT /api/experience': [500, { code: 'odd', message: 'it broke' }] } });
    const attempt = new Attempt(app);
    await attempt.run('SignIn', () => app.flow.continueAs({ newPerson: true }));
    expect(attempt.problem).toMatchObject({ at: 'form', code: 'odd' });
    expect(attempt.busy).toBe(false);
    await attempt.run('SignIn', () => Promise.resolve({ redirectTo: '/' }));
    expect(attempt.problem).toBeUndefined();
    expect(attempt.busy).toBe(true);
  });
});
