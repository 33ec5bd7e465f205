// What every test file needs: the provider as a process, app servers on free ports, a browser.
// Nothing waits for time to pass: the provider's ready line, requests and pages are waited for.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const BINARY =
  process.env.VESTIBULE_BIN || fileURLToPath(new URL('../../target/debug/vestibule-headless', import.meta.url));
const CHROMIUM = process.env.CHROMIUM || '/usr/bin/chromium';
const QUIET = [
  '--no-sandbox',
  '--headless',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The password of everybody in PEOPLE who has one. */
export const PASSWORD = 'knock-knock-come-in';

/** People for a configuration file. */
export const PEOPLE = `
[[users]]
id = "alicearcher1"
username = "alice"
primaryEmail = "alice@example.test"
password = "${PASSWORD}"
name = "Alice Archer"

[[users]]
id = "bobbanner001"
username = "bob"
primaryPhone = "15550100123"
password = "${PASSWORD}"

[[users]]
id = "carollindgr1"
username = "carol"
password = "${PASSWORD}"
name = "Carol Lindgren"
isSuspended = true
`;

/**
 * What is to be stopped when the surrounding suite ends, last started first. Call it in the body of `describe`.
 * @returns {{ after: (stop: () => unknown) => void }}
 */
export function scope() {
  const stops = [];
  after(async () => {
    const outcomes = [];
    for (const stop of stops.reverse()) outcomes.push(...(await Promise.allSettled([stop()])));
    const failed = outcomes.find(({ status }) => status === 'rejected');
    if (failed) throw failed.reason;
  });
  return { after: (stop) => stops.push(stop) };
}

/** Child processes that must not outlive this one, however it ends. */
const children = new Set();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/**
 * Starts the provider with a configuration file, or with the demo data where that is null, on a free port and with
 * nothing on disk.
 * @param {ReturnType<typeof scope>} until
 * @param {string | null} config TOML
 * @returns {Promise<{ issuer: string, endpoint: string, port: number, log: () => string,
 *   inbox: () => Promise<object[]>, control: (request: object) => Promise<unknown> }>}
 */
export async function startProvider(until, config) {
  if (!existsSync(BINARY))
    throw new Error(`There is no provider at ${BINARY}. Build it: cargo build -p vestibule-server`);
  const folder = await mkdtemp(join(tmpdir(), 'vestibule-clients-'));
  const token = join(folder, 'control.token');
  const args = ['serve', '--port', '0', '--ephemeral', `--control=${token}`];
  if (config !== null) {
    const file = join(folder, 'config.toml');
    await writeFile(file, config);
    args.push('--config', file);
  }
  const child = spawn(BINARY, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (log += text));
  const gone = once(child, 'exit').then(([code, signal]) => {
    children.delete(child);
    return { code, signal };
  });
  until.after(async () => {
    child.kill('SIGTERM');
    const { code } = await gone;
    await rm(folder, { recursive: true });
    if (code !== 0) throw new Error(`The provider did not stop cleanly (exit code ${code}).\n${log}`);
  });
  const ready = once(createInterface({ input: child.stdout }), 'line').then(([line]) => JSON.parse(line));
  const failed = gone.then(({ code, signal }) => {
    throw new Error(`The provider ended before it was ready (exit code ${code}, signal ${signal}).\n${log}`);
  });
  failed.catch(() => {});
  const started = await Promise.race([ready, failed]);
  const authorization = `Bearer ${await readFile(token, 'utf8')}`;
  const ask = async (path, init) => {
    const response = await fetch(started.control.endpoint + path, { ...init, headers: { authorization } });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  };
  return {
    ...started,
    log: () => log,
    /** Where `ctl` finds this provider. */
    tokenFile: token,
    /** What was sent to people, newest first. */
    inbox: () => ask('/api/inbox'),
    /** What the window can do: a request of the console contract. */
    control: async (request) => (await ask('', { method: 'POST', body: JSON.stringify(request) })).value,
  };
}

/**
 * An app server on a free port. Its handler may be set later (`app.handle = express()`), when the provider's address is known;
 * until then every request is answered with a small page.
 * @returns {Promise<{ origin: string, handle: Function, arrived: (path: string) => Promise<Arrival> }>}
 *
 * @typedef {{ method: string, url: URL, body: string }} Arrival
 */
export async function startApp(until) {
  const app = { origin: '', handle: page, arrived };
  /** @type {Arrival[]} */
  const seen = [];
  const waiting = [];
  const server = createServer(async (request, response) => {
    // express reads bodies itself
    const body = app.handle === page ? await read(request) : '';
    const arrival = { method: request.method, url: new URL(request.url, app.origin), body };
    const waiter = waiting.findIndex(({ path }) => path === arrival.url.pathname);
    if (waiter >= 0) waiting.splice(waiter, 1)[0].resolve(arrival);
    else seen.push(arrival);
    app.handle(request, response);
  });
  /** The next request to a path, once each. */
  function arrived(path) {
    const known = seen.findIndex(({ url }) => url.pathname === path);
    if (known >= 0) return Promise.resolve(seen.splice(known, 1)[0]);
    return new Promise((resolve) => waiting.push({ path, resolve }));
  }
  server.listen(0);
  await once(server, 'listening');
  app.origin = `http://localhost:${server.address().port}`;
  until.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return app;
}

function page(_request, response) {
  response.writeHead(200, { 'content-type': 'text/html', 'cache-control': 'no-store' });
  response.end(
    '<!doctype html><html lang="en"><title>The app</title><link rel="icon" href="data:,"><h1>The app</h1></html>',
  );
}

async function read(request) {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

/** A browser; `open` gives a fresh profile with one page. */
export async function startBrowser(until) {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: QUIET });
  until.after(() => browser.close());
  return {
    /** @param {import('playwright-core').BrowserContextOptions} [options] */
    async open(options = {}) {
      const context = await browser.newContext({ locale: 'en-GB', ...options });
      context.setDefaultTimeout(30_000);
      const page = await context.newPage();
      return { context, page, watch: await watch(page) };
    },
  };
}

/** What a page does that it should not: CSP violations, errors, and every request it makes. */
async function watch(page) {
  const seen = { violations: [], errors: [], requests: [] };
  await page.exposeFunction('reportViolation', (text) => seen.violations.push(text));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      window.reportViolation(`${event.effectiveDirective} ${event.blockedURI} on ${document.location}`);
    });
  });
  page.on('console', (message) => {
    if (message.type() === 'error') seen.errors.push(message.text());
    if (/Content Security Policy/i.test(message.text())) seen.violations.push(message.text());
  });
  page.on('pageerror', (error) => seen.errors.push(String(error)));
  page.on('request', (request) =>
    seen.requests.push({
      url: request.url(),
      type: request.resourceType(),
      redirect: request.redirectedFrom() !== null,
    }),
  );
  return seen;
}

/** The request that a page reaches a path of the application with, once the page shows the application's answer. */
export async function arrivedIn(page, app, path) {
  const [arrival] = await Promise.all([
    app.arrived(path),
    page.waitForURL(({ origin, pathname }) => origin === app.origin && pathname === path),
  ]);
  return arrival;
}

/** Types identifier and password into the sign-in page and submits it. */
export async function typeSignIn(page, identifier, password = PASSWORD) {
  await page.locator('#identifier').fill(identifier);
  await page.locator('#password').fill(password);
  await page.locator('form button[type=submit]').click();
}
