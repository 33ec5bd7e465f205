import { afterEach, describe, expect, it, vi } from 'vitest';
import type { LiveBatch } from '$bindings/LiveBatch';
import { enter, httpHost, isSignedOut, serverSentEvents, type Connection } from './host.http';

const json = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status });
const refused = (code: string, status: number) => json({ code, message: `Refused: ${code}.` }, status);
const connection = () => ({ signedOut: vi.fn<Connection['signedOut']>(), away: vi.fn<Connection['away']>() });

/** A body in pieces, cut wherever. */
function streamOf(...pieces: string[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(encoder.encode(piece));
      controller.close();
    },
  });
}

afterEach(() => {
  window.sessionStorage.clear();
  window.location.hash = '';
});

describe('the way in', () => {
  it('gives the code for a key, once, and takes it out of the address', async () => {
    const fetched = vi.spyOn(window, 'fetch').mockResolvedValue(json({ key: 'the-key' }));
    window.location.hash = '#code=abc-123_X';
    expect(await enter()).toBe('the-key');
    expect(window.location.hash).toBe('');
    expect(fetched).toHaveBeenCalledWith('/control/session', expect.objectContaining({ body: '{"code":"abc-123_X"}' }));
    expect(await enter()).toBe('the-key');
    expect(fetched).toHaveBeenCalledTimes(1);
  });

  it('says so when there is no key, and when the code is not taken', async () => {
    await expect(enter()).rejects.toSatisfy(isSignedOut);
    vi.spyOn(window, 'fetch').mockResolvedValue(refused('control.bad_code', 401));
    window.location.hash = '#code=old';
    await expect(enter()).rejects.toMatchObject({
      code: 'control.signed_out',
      message: 'Refused: control.bad_code.',
    });
  });
});

describe('the host in a browser', () => {
  it('carries requests with the key, and refusals as problems', async () => {
    const fetched = vi.fn().mockResolvedValueOnce(json({ reply: 'done', value: 'Done.' }));
    vi.stubGlobal('fetch', fetched);
    const host = httpHost('the-key', connection());
    expect(await host.call({ op: 'clearSessions' })).toEqual({ reply: 'done', value: 'Done.' });
    expect(fetched).toHaveBeenCalledWith('/control', {
      method: 'POST',
      body: '{"op":"clearSessions"}',
      headers: { 'vestibule-console': 'the-key', 'content-type': 'application/json' },
    });
    fetched.mockResolvedValueOnce(json({ code: 'guard.invalid_input', message: 'No.', field: 'name' }, 422));
    await expect(host.call({ op: 'status' })).rejects.toEqual({
      code: 'guard.invalid_input',
      message: 'No.',
      field: 'name',
    });
    fetched.mockResolvedValueOnce(new Response('<html>', { status: 502 }));
    await expect(host.call({ op: 'status' })).rejects.toMatchObject({ code: 'console.unexpected_reply' });
  });

  it('forgets its key when the program does not know it any more', async () => {
    vi.stubGlobal('fetch', vi.fn().mockResolvedValue(refused('control.signed_out', 401)));
    window.sessionStorage.setItem('vestibule.console.key', 'the-key');
    const around = connection();
    await expect(httpHost('the-key', around).call({ op: 'status' })).rejects.toSatisfy(isSignedOut);
    expect(around.signedOut).toHaveBeenCalledTimes(1);
    expect(window.sessionStorage.getItem('vestibule.console.key')).toBeNull();
  });

  it('opens the stream anew where it broke off', async () => {
    vi.useFakeTimers();
    const batch = (missed: number) => ({ events: [], missed, configurationChanged: false, messages: [] });
    const fetched = vi
      .fn()
      .mockResolvedValueOnce(
        new Response(streamOf('retry: 1\nid: r-4\n\n', `id: r-5\ndata: ${JSON.stringify(batch(0))}\n\n: still`)),
      )
      .mockRejectedValueOnce(new TypeError('nobody there'))
      .mockResolvedValueOnce(new Response(streamOf(`id: r-9\ndata: ${JSON.stringify(batch(3))}\n\n`)))
      .mockReturnValue(new Promise(() => {}));
    vi.stubGlobal('fetch', fetched);
    const around = connection();
    const seen: LiveBatch[] = [];
    const stop = httpHost('the-key', around).watch((next) => seen.push(next));
    await vi.advanceTimersByTimeAsync(0);
    expect(seen).toEqual([batch(0)]);
    expect(around.away.mock.calls).toEqual([[false], [true]]);
    await vi.advanceTimersByTimeAsync(1000);
    await vi.advanceTimersByTimeAsync(2000);
    expect(seen).toEqual([batch(0), batch(3)]);
    const last = fetched.mock.calls[2]?.[1] as RequestInit;
    expect(last.headers).toMatchObject({ 'last-event-id': 'r-5' });
    stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(fetched).toHaveBeenCalledTimes(3);
    vi.useRealTimers();
  });
});

it('reads server-sent events wherever they are cut', async () => {
  const read = [];
  for await (const event of serverSentEvents(
    streamOf('id: a-1\n', '\n: com', 'ment\n\nda', 'ta: {"a"', ':1}\nid: a-2\n\ndata: x\ndata: y\n\ndata: cut off'),
  ))
    read.push(event);
  expect(read).toEqual([
    { id: 'a-1', data: null },
    { id: 'a-2', data: '{"a":1}' },
    { id: null, data: 'x\ny' },
  ]);
});
