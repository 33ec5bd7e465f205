import { describe, expect, it, vi } from 'vitest';
import { apiClient, ApiProblem } from './api';

const answering = (response: Response | Error) =>
  vi.fn<typeof fetch>(() => (response instanceof Error ? Promise.reject(response) : Promise.resolve(response)));

const problemOf = async (promise: Promise<unknown>): Promise<ApiProblem> => {
  const caught: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(caught).toBeInstanceOf(ApiProblem);
  return caught as ApiProblem;
};

describe('apiClient', () => {
  it('sends JSON with the asked-for headers to the same origin', async () => {
    const fetch = answering(new Response('{"verificationId":"v1"}', { status: 200 }));
    const api = apiClient({ prefix: '/api', headers: () => ({ 'logto-app-id': 'app' }), fetch });
    await expect(api.post('/x', { a: 1 })).resolves.toEqual({ verificationId: 'v1' });
    const [url, init] = fetch.mock.calls[0] ?? [];
    expect(url).toBe('/api/x');
    expect(init).toMatchObject({
      method: 'POST',
      credentials: 'same-origin',
      body: '{"a":1}',
      headers: { 'logto-app-id': 'app', 'content-type': 'application/json' },
    });
  });

  it('sends neither a body nor its type when there is nothing to send', async () => {
    const fetch = answering(new Response(null, { status: 204 }));
    await expect(apiClient({ fetch }).post('/submit')).resolves.toBeUndefined();
    const init = fetch.mock.calls[0]?.[1];
    expect(init).not.toHaveProperty('body');
    expect(init?.headers).not.toHaveProperty('content-type');
  });

  it('throws the refusal with its code, message and data', async () => {
    const body = JSON.stringify({ code: 'user.missing_profile', message: 'm', data: { missingProfile: ['username'] } });
    const problem = await problemOf(apiClient({ fetch: answering(new Response(body, { status: 422 })) }).get('/x'));
    expect(problem).toMatchObject({ status: 422, code: 'user.missing_profile', message: 'm' });
    expect(problem.data).toEqual({ missingProfile: ['username'] });
  });

  it.each([
    ['a page instead of JSON', new Response('<h1>Bad gateway</h1>', { status: 502 }), 502, 'http.502'],
    ['a page with status 200', new Response('<h1>Hello</h1>', { status: 200 }), 200, 'http.200'],
    ['an empty refusal', new Response('', { status: 500 }), 500, 'http.500'],
    ['no answer', new TypeError('refused'), 0, 'network'],
  ])('gives %s a code of its own', async (_, response, status, code) => {
    const problem = await problemOf(apiClient({ fetch: answering(response) }).get('/x'));
    expect(problem).toMatchObject({ status, code });
  });
});
