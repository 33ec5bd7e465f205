/** A refusal of the server (`{code, message, data?}`), or code `network` with status 0 when it did not answer. */
export class ApiProblem extends Error {
  override name = 'ApiProblem';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly data: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}

export interface ApiClient {
  get<T>(path: string): Promise<T>;
  put<T = void>(path: string, body?: unknown): Promise<T>;
  post<T = void>(path: string, body?: unknown): Promise<T>;
}

export interface ApiOptions {
  /** Put in front of every path. */
  prefix?: string;
  /** Asked for at each call, so a header may change between calls. */
  headers?: () => Record<string, string>;
  fetch?: typeof globalThis.fetch;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function problemOf(status: number, body: unknown): ApiProblem {
  if (!isRecord(body)) return new ApiProblem(status, `http.${status}`, '');
  const code = typeof body['code'] === 'string' ? body['code'] : `http.${status}`;
  const message = typeof body['message'] === 'string' ? body['message'] : '';
  return new ApiProblem(status, code, message, isRecord(body['data']) ? body['data'] : {});
}

/** JSON in, JSON out, same origin. An empty answer is `undefined`; everything but 2xx is thrown as an `ApiProblem`. */
export function apiClient({
  prefix = '',
  headers,
  fetch = (...args) => globalThis.fetch(...args),
}: ApiOptions = {}): ApiClient {
  async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(prefix + path, {
        method,
        credentials: 'same-origin',
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers?.(),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      text = await response.text();
    } catch {
      throw new ApiProblem(0, 'network', '');
    }
    let json: unknown;
    try {
      json = text === '' ? undefined : JSON.parse(text);
    } catch {
      throw problemOf(response.status, undefined);
    }
    if (!response.ok) throw problemOf(response.status, json);
    return json as T;
  }
  return {
    get: (path) => call('GET', path),
    put: (path, body) => call('PUT', path, body),
    post: (path, body) => call('POST', path, body),
  };
}
