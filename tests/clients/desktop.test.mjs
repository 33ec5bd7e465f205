// The real window: a sign-in that happens in a browser appears in it, and its repair button repairs.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';

const BINARY = process.env.VESTIBULE_DESKTOP_BIN ?? path.resolve(import.meta.dirname, '../../target/debug/vestibule');
const PASSWORD = 'knock-knock-come-in';
const PATIENCE = 60_000;
const linux = process.platform === 'linux';

/** Processes and folders to end with, newest first. */
const ends = [];
let session;
let driver;
let endpoint;
let browser;

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

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

const run = (script, ...args) => command('POST', `/session/${session}/execute/sync`, { script, args });

/** Waits, inside the page, until a condition holds: mutations and frames wake it, not a timer of ours. */
const until = async (condition, what) => {
  const script = `
    const done = arguments[arguments.length - 1];
    const holds = () => { try { return ${condition}; } catch { return false; } };
    if (holds()) return done(true);
    const watcher = new MutationObserver(() => { if (holds()) { watcher.disconnect(); done(true); } });
    watcher.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });`;
  try {
    await command('POST', `/session/${session}/execute/async`, { script, args: [] });
  } catch (error) {
    throw new Error(`${what}: ${error.message}\n${await run('return document.body.innerText')}`);
  }
};

const press = (text) =>
  run(
    `const wanted = arguments[0];
     const hits = [...document.querySelectorAll('button, a, [role=option], [role=tab], li')].filter((e) => e.innerText.includes(wanted));
     hits.sort((a, b) => a.innerText.length - b.innerText.length);
     hits[0].click();`,
    text,
  );

before(async () => {
  if (!linux) return;
  const data = fs.mkdtempSync(path.join(os.tmpdir(), 'vestibule-window-'));
  ends.push(() => fs.rmSync(data, { recursive: true, force: true }));
  const display = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1400x900x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'pipe', 'ignore'] });
  ends.push(() => display.kill());
  const number = await new Promise((resolve, reject) => {
    display.stdout.once('data', (chunk) => resolve(String(chunk).trim()));
    display.once('error', reject);
  });
  const port = await freePort();
  endpoint = `http://localhost:${port}`;
  const webdriver = spawn('WebKitWebDriver', [`--port=${await freePort()}`], {
    env: { ...process.env, DISPLAY: `:${number}`, TAURI_WEBVIEW_AUTOMATION: 'true', NO_AT_BRIDGE: '1', XDG_CONFIG_HOME: data, XDG_CACHE_HOME: data },
    stdio: 'ignore',
  });
  ends.push(() => webdriver.kill());
  driver = `http://127.0.0.1:${webdriver.spawnargs.at(-1).split('=')[1]}`;
  const answers = async () => {
    for (;;) {
      try {
        return await command('GET', '/status');
      } catch (error) {
        if (error.code !== 'ECONNREFUSED' || webdriver.exitCode !== null) throw error;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  };
  await answers();
  const options = { binary: BINARY, args: ['--port', String(port), '--data-dir', path.join(data, 'data')] };
  const opened = await command('POST', '/session', { capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': options } } });
  session = opened.sessionId;
  ends.push(() => command('DELETE', `/session/${session}`).catch(() => {}));
  await command('POST', `/session/${session}/timeouts`, { script: PATIENCE });
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  ends.push(() => browser.close());
});

after(async () => {
  for (const end of ends.reverse()) await end();
});

test('the window says that it serves, and where', { skip: !linux }, async () => {
  await until(`document.body.innerText.includes('Serving')`, 'no status');
  assert.match(await run('return document.body.innerText'), new RegExp(`${endpoint}/oidc`));
});

test('a sign-in in a browser appears in the window as it happens', { skip: !linux }, async () => {
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${endpoint}/demo-app?start=1`);
  await until(`document.body.innerText.includes('signing in')`, 'the waiting session did not appear');
  await page.fill('input[autocomplete~=username]', 'alice');
  await page.fill('input[type=password]', PASSWORD);
  await page.click('button[type=submit]');
  await page.waitForURL(/demo-app\?code=/);
  await until(`document.body.innerText.includes('tokens issued')`, 'the tokens did not appear');
  await press('tokens issued');
  await until(`document.body.innerText.includes('POST /oidc/token')`, 'the diagram has no token call');
  const text = await run('return document.body.innerText');
  for (const wanted of ['GET /oidc/auth', 'create interaction', 'verify password', 'Why this happened', 'Alice Archer']) {
    assert.ok(text.includes(wanted), `${wanted} in\n${text}`);
  }
  assert.ok(!text.includes(PASSWORD));
});

test('a refused redirect URI is repaired by its button and then accepted', { skip: !linux }, async () => {
  const page = await (await browser.newContext()).newPage();
  const query = new URLSearchParams({
    client_id: 'bookstore',
    redirect_uri: 'http://localhost:3000/callbackx',
    response_type: 'code',
    scope: 'openid',
  });
  const refused = await page.goto(`${endpoint}/oidc/auth?${query}`);
  assert.equal(refused.status(), 400);
  // A person is reading another session, so the list holds still and says that there is a new one.
  await until(`/1 new/.test(document.body.innerText)`, 'the list does not say that there is a new session');
  await press('1 new');
  await until(`document.body.innerText.includes('redirect_uri rejected')`, 'the refusal did not appear');
  await press('redirect_uri rejected');
  await until(`[...document.querySelectorAll('button')].some((b) => b.innerText.includes('Register this redirect URI'))`, 'no repair button');
  await press('Register this redirect URI');
  await until(`document.body.innerText.includes('Registered http://localhost:3000/callbackx')`, 'the repair was not confirmed');
  const accepted = await page.goto(`${endpoint}/oidc/auth?${query}`);
  assert.equal(accepted.status(), 200);
  assert.match(page.url(), /\/sign-in\?app_id=bookstore/);
});
