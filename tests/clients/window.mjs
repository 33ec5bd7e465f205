// The real window for tests: the desktop program under a private display, driven over WebDriver as its person would.
// Nothing waits for time to pass: mutations of the page, ends of programs and lines of output are waited for.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const BINARY = process.env.VESTIBULE_DESKTOP_BIN ?? path.resolve(import.meta.dirname, '../../target/debug/vestibule');
/** How long the page may take to become as expected, in milliseconds. */
const PATIENCE = 60_000;
/** WebDriver's name for an element, and its codes of keys. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
export const KEYS = { control: '\uE009', enter: '\uE007', escape: '\uE00C' };
/** Only Linux has a driver for the window's web view. */
export const skip = process.platform !== 'linux';

/** Child processes that must not outlive this one, however it ends. */
const children = new Set();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});
const start = (...command) => {
  const child = spawn(...command);
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
};

export const freePort = () =>
  new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** A browser in which people sign in. */
export async function openBrowser(until) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  until.after(() => browser.close());
  return browser;
}

/** The display of `./dev test`, or a private one: windows neither show nor meet others. */
async function openDisplay(until) {
  if (process.env.VESTIBULE_DISPLAY) return process.env.VESTIBULE_DISPLAY;
  const display = start('Xvfb', ['-displayfd', '1', '-screen', '0', '1440x1000x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  until.after(() => display.kill());
  const [number] = await once(createInterface({ input: display.stdout }), 'line');
  return `:${number}`;
}

/** A session bus of its own, so that the one window of the person's usual data is not somebody else's. */
async function openBus(until, folder) {
  const bus = start(
    'dbus-daemon',
    ['--session', '--nofork', '--print-address=1', `--address=unix:path=${folder}/bus`],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  until.after(() => bus.kill());
  const [address] = await once(createInterface({ input: bus.stdout }), 'line');
  return address;
}

/**
 * A place for the desktop program, with folders, display and session bus of its own. Windows opened in it, one after the
 * other or beside each other, find what those before have left.
 * @param {ReturnType<import('./support.mjs').scope>} until
 */
export async function makeHome(until) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vestibule-window-'));
  until.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  fs.mkdirSync(path.join(folder, 'run'), { mode: 0o700 });
  const inside = (name) => path.join(folder, name);
  const env = {
    ...process.env,
    HOME: folder,
    XDG_CONFIG_HOME: inside('config'),
    XDG_DATA_HOME: inside('data'),
    XDG_CACHE_HOME: inside('cache'),
    XDG_STATE_HOME: inside('state'),
    XDG_RUNTIME_DIR: inside('run'),
    DISPLAY: await openDisplay(until),
    DBUS_SESSION_BUS_ADDRESS: await openBus(until, folder),
    NO_AT_BRIDGE: '1',
    WEBKIT_DISABLE_DMABUF_RENDERER: '1',
    WEBKIT_DISABLE_COMPOSITING_MODE: '1',
  };
  delete env.WAYLAND_DISPLAY;

  /** Runs the program beside an open window, until it ends; answers its exit code and what it said. */
  async function run(...args) {
    const child = start(BINARY, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
    const [code] = await once(child, 'exit');
    return { code, said };
  }

  return { folder, env, run, openWindow: (...args) => openWindow(until, env, args) };
}

/** @typedef {Awaited<ReturnType<typeof openWindow>>} Window */

/** Starts the program on a free port and drives its window. */
async function openWindow(until, env, args) {
  const port = await freePort();
  const driverPort = await freePort();
  const webdriver = start('WebKitWebDriver', [`--port=${driverPort}`], {
    env: { ...env, TAURI_WEBVIEW_AUTOMATION: 'true' },
    stdio: 'ignore',
  });
  const driver = `http://127.0.0.1:${driverPort}`;
  let session;

  /** One WebDriver command. WebKitWebDriver does not like kept-alive connections. */
  const command = (method, route, body) =>
    new Promise((resolve, reject) => {
      const text = body ? JSON.stringify(body) : '';
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
      const request = http.request(driver + route, { method, headers, agent: false }, (response) => {
        let answer = '';
        response.on('data', (chunk) => (answer += chunk));
        response.on('end', () => {
          const { value } = JSON.parse(answer);
          if (value?.error) reject(new Error(`${value.error}: ${value.message}`));
          else resolve(value);
        });
      });
      request.on('error', reject);
      request.end(text);
    });
  const inSession = (method, route, body) => command(method, `/session/${session}${route}`, body);

  /** Closes the window, which ends the program where there is no tray, and its driver. */
  let open = true;
  const close = async () => {
    if (!open) return;
    open = false;
    if (session) await inSession('DELETE', '').catch(() => {});
    webdriver.kill();
    await once(webdriver, 'exit');
  };
  until.after(close);

  for (;;) {
    try {
      await command('GET', '/status');
      break;
    } catch (error) {
      if (error.code !== 'ECONNREFUSED' || webdriver.exitCode !== null) throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const options = { binary: BINARY, args: ['--port', String(port), ...args] };
  const opened = await command('POST', '/session', {
    capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': options } },
  });
  session = opened.sessionId;
  await inSession('POST', '/timeouts', { script: PATIENCE });

  /** Runs a script in the page. */
  const run = (script, ...args) => inSession('POST', '/execute/sync', { script, args });
  const text = () => run('return document.body.innerText');

  /** Waits, inside the page, until an expression holds: mutations wake it, not a timer of ours. */
  const when = async (condition, what) => {
    const script = `
      const done = arguments[arguments.length - 1];
      const holds = () => { try { return Boolean(${condition}); } catch { return false; } };
      if (holds()) return done(true);
      const check = () => { if (holds()) { watcher.disconnect(); removeEventListener('resize', check); done(true); } };
      const watcher = new MutationObserver(check);
      watcher.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
      addEventListener('resize', check);`;
    try {
      await inSession('POST', '/execute/async', { script, args: [] });
    } catch (error) {
      throw new Error(`${what}: ${error.message}\n${await text()}`);
    }
  };
  const shows = (words) =>
    when(`document.body.innerText.includes(${JSON.stringify(words)})`, `“${words}” is not shown`);

  /** Presses the smallest control that says so. */
  const press = async (words) => {
    const pressed = await run(
      `const wanted = arguments[0];
       const controls = 'button, a, [role=option], [role=tab], [role=menuitem], label, li';
       const hits = [...document.querySelectorAll(controls)].filter((e) => (e.innerText + (e.ariaLabel ?? '')).includes(wanted));
       hits.sort((a, b) => a.innerText.length - b.innerText.length);
       hits[0]?.click();
       return hits.length > 0;`,
      words,
    );
    if (!pressed) throw new Error(`There is nothing to press that says “${words}”.\n${await text()}`);
  };

  /** Types into the field with this label, as a person does. */
  const type = async (label, value) => {
    const script = `
      const label = [...document.querySelectorAll('label')].find((e) => e.innerText.trim().startsWith(arguments[0]));
      return label?.control ?? document.querySelector('[aria-label="' + arguments[0] + '"]');`;
    const found = await run(script, label);
    if (!found) throw new Error(`There is no field “${label}”.\n${await text()}`);
    await inSession('POST', `/element/${found[ELEMENT]}/value`, { text: value });
  };

  /** Holds Control and presses a key. */
  const control = (key) =>
    inSession('POST', '/actions', {
      actions: [
        {
          type: 'key',
          id: 'keyboard',
          actions: [
            { type: 'keyDown', value: KEYS.control },
            { type: 'keyDown', value: key },
            { type: 'keyUp', value: key },
            { type: 'keyUp', value: KEYS.control },
          ],
        },
      ],
    });

  /** Goes to a page of the window: `sessions/lv_1`. */
  const go = (page) => run(`location.hash = '#/' + arguments[0]`, page);

  return { endpoint: `http://localhost:${port}`, run, text, when, shows, press, type, control, go, close };
}
