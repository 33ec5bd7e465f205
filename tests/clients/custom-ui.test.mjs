// A sign-in UI of one's own in a browser: from a folder, from a zip, and from a dev server that reloads the page. What can't be
// served is refused before anything is changed.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { house } from './house.mjs';
import { BINARY, PASSWORD, scope } from './support.mjs';

const EXAMPLE = fileURLToPath(new URL('../custom-ui', import.meta.url));
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const toml = (value) => () => `\n[provider]\ncustomUi = ${value}\n`;
const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();

async function typeSignIn(page, identifier, password = PASSWORD) {
  await page.getByLabel('Username, email or phone').fill(identifier);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** The example's files by their names. */
async function example() {
  const names = await readdir(EXAMPLE);
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(EXAMPLE, name))])));
}

/** A zip of these files, not compressed (APPNOTE 4.3). */
function zip(files) {
  const [locals, entries] = [[], []];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const [path, data] = [Buffer.from(name), Buffer.from(content)];
    // Version, flags (UTF-8), method, time, date, checksum, sizes, lengths of name and extra field.
    const about = Buffer.alloc(26);
    about.writeUInt16LE(20, 0);
    about.writeUInt16LE(0x800, 2);
    about.writeUInt16LE(0x21, 8);
    about.writeUInt32LE(crc32(data), 10);
    about.writeUInt32LE(data.length, 14);
    about.writeUInt32LE(data.length, 18);
    about.writeUInt16LE(path.length, 22);
    locals.push(Buffer.from('PK\x03\x04'), about, path, data);
    // Comment, disk, attributes, and where the file is.
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    entries.push(Buffer.from('PK\x01\x02\x14\x00'), about, place, path);
    offset += 30 + path.length + data.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(Object.keys(files).length, 8);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

/** Signs in and allows on the pages that `at` serves, and nothing is in the way. */
async function signInAndAllow(at) {
  const { page, watch } = await at.browser.open();
  await page.goto(at.startPartner());
  await heading(page, 'Sign in, my way');
  assert.equal(new URL(page.url()).pathname, '/sign-in');
  await typeSignIn(page, 'alice', 'knock-knock-stay-out');
  await page.getByRole('alert').waitFor();
  assert.match(await page.getByRole('alert').innerText(), /is not right/);
  await typeSignIn(page, 'alice@example.test');
  await heading(page, 'Partner Prints asks for access');
  assert.equal(new URL(page.url()).pathname, '/consent');
  assert.match(await page.getByRole('list').innerText(), /profile\s+email/);
  await page.getByRole('button', { name: 'Allow' }).click();
  assert.equal((await at.whoCame(page, '/partner', 'partner')).sub, 'alicearcher1');
  assert.deepEqual(watch.violations, []);
  const elsewhere = watch.requests.filter(
    ({ url }) => !url.startsWith(at.provider.endpoint) && !url.startsWith(at.app.origin) && !url.startsWith('data:'),
  );
  assert.deepEqual(elsewhere, []);
}

describe('own pages from a folder', () => {
  const at = house();
  before(() => at.open(toml(`{ folder = ${JSON.stringify(EXAMPLE)} }`)));

  test('sign in, wrong and right, and allow', () => signInAndAllow(at));

  test('the example is accessible', async () => {
    for (const colorScheme of ['light', 'dark']) {
      const { page } = await at.browser.open({ colorScheme, bypassCSP: true });
      await page.goto(at.start());
      await heading(page, 'Sign in, my way');
      assert.equal(await page.evaluate(() => document.activeElement.id), 'identifier');
      await page.addScriptTag({ content: axe });
      const { violations } = await page.evaluate(() => window.axe.run());
      assert.deepEqual(
        violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`),
        [],
        colorScheme,
      );
    }
  });

  test('the guard and the pages of the provider stay', async () => {
    const { page } = await at.browser.open();
    await page.goto(`${at.provider.endpoint}/sign-in`);
    await heading(page, /A sign-in starts in an app/);
    await page.goto(`${at.provider.endpoint}/oidc/session/end`);
    assert.doesNotMatch(await page.content(), /my way/);
    for (const path of ['/.env', '/%2e%2e/clients/package.json', '/..%2fclients%2fpackage.json', '/nothing.js']) {
      const response = await fetch(at.provider.endpoint + path);
      assert.equal(response.status, 404, path);
      assert.doesNotMatch(await response.text(), /vestibule-clients/, path);
    }
  });
});

describe('own pages from a zip', () => {
  const at = house();
  let folder;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vestibule-own-'));
    const files = Object.entries(await example()).map(([name, content]) => [`dist/${name}`, content]);
    await writeFile(join(folder, 'ui.zip'), zip(Object.fromEntries(files)));
    await at.open(toml(`{ zip = ${JSON.stringify(join(folder, 'ui.zip'))} }`));
  });
  after(() => rm(folder, { recursive: true }));

  test('sign in, wrong and right, and allow', () => signInAndAllow(at));

  test('files are asked for again, and not sent again', async () => {
    const first = await fetch(`${at.provider.endpoint}/app.js`);
    assert.equal(first.headers.get('cache-control'), 'no-cache');
    assert.match(first.headers.get('content-type'), /^text\/javascript/);
    const etag = first.headers.get('etag');
    const again = await fetch(`${at.provider.endpoint}/app.js`, { headers: { 'if-none-match': etag } });
    assert.equal(again.status, 304);
  });
});

/** A dev server as build tools have them: files, a WebSocket, and a client in the page that reloads it when told. */
async function devServer(until) {
  const files = await example();
  const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
  const dev = { heads: [], sockets: new Set(), title: 'Sign in, my way', connected: [] };
  const server = createServer((request, response) => {
    dev.heads.push(request.headers);
    const path = new URL(request.url, 'http://dev').pathname.slice(1);
    const name = path in files ? path : 'index.html';
    let text = String(files[name]).replace('Sign in, my way', dev.title);
    if (name === 'index.html') {
      const client = `const socket = new WebSocket(\`ws://\${location.host}/\`, 'dev-hmr'); socket.onmessage = () => location.reload();`;
      text = text.replace('</head>', `<script type="module">${client}</script></head>`);
    }
    response.writeHead(200, { 'content-type': TYPES[extname(name)], 'set-cookie': '_session=theirs' });
    response.end(text);
  });
  server.on('upgrade', (request, socket) => {
    dev.heads.push(request.headers);
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash('sha1').update(key).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: dev-hmr\r\n\r\n`,
    );
    socket.on('error', () => {});
    dev.sockets.add(socket);
    socket.on('close', () => dev.sockets.delete(socket));
    dev.connected.shift()?.();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  dev.address = `http://localhost:${server.address().port}`;
  /** The next page's WebSocket. */
  dev.connection = () => new Promise((resolve) => dev.connected.push(resolve));
  /** Tells every page: one text frame (RFC 6455 section 5.2). */
  dev.reload = () => dev.sockets.forEach((socket) => socket.write(Buffer.from([0x81, 2, 0x67, 0x6f])));
  dev.stop = () => {
    server.close();
    server.closeAllConnections();
    dev.sockets.forEach((socket) => socket.destroy());
  };
  until.after(dev.stop);
  return dev;
}

describe('own pages from a dev server', () => {
  const until = scope();
  const at = house();
  let dev;
  before(async () => {
    dev = await devServer(until);
    await at.open(toml(`{ devServer = "${dev.address}" }`));
  });

  test('sign in, wrong and right, and allow', () => signInAndAllow(at));

  test('a change reloads the page in the middle of a sign-in', async () => {
    const { page } = await at.browser.open();
    const connected = dev.connection();
    await page.goto(at.start());
    await heading(page, 'Sign in, my way');
    await connected;
    dev.title = 'Changed while you watch';
    dev.reload();
    await heading(page, 'Changed while you watch');
    await typeSignIn(page, 'alice');
    assert.equal((await at.whoCame(page)).sub, 'alicearcher1');
    dev.title = 'Sign in, my way';
  });

  test('the dev server never saw a cookie, and its own origin only', () => {
    assert.ok(dev.heads.length > 4);
    for (const head of dev.heads) {
      assert.equal(head.cookie, undefined);
      assert.equal(head.host, new URL(dev.address).host);
      assert.ok([undefined, dev.address].includes(head.origin), head.origin);
    }
  });

  test('when it is down, the page says what to do', async () => {
    dev.stop();
    const { page } = await at.browser.open();
    const response = await page.goto(at.start());
    assert.equal(response.status(), 502);
    await heading(page, 'Your dev server does not answer');
    assert.match(await page.locator('main').innerText(), /npm run dev/);
  });
});

describe('pages that can’t be served', () => {
  const check = async (value, files = {}) => {
    const folder = await mkdtemp(join(tmpdir(), 'vestibule-own-'));
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    await writeFile(join(folder, 'config.toml'), toml(value)());
    const outcome = spawnSync(BINARY, ['check', '--config', join(folder, 'config.toml')], { encoding: 'utf8' });
    await rm(folder, { recursive: true });
    return outcome;
  };

  const REFUSED = {
    'a path out of the zip': [{ 'index.html': '', '../evil.js': '' }, /climbs out of its folder/],
    'an absolute path': [{ 'index.html': '', '/etc/cron.d/evil': '' }, /is absolute/],
    'a drive letter': [{ 'index.html': '', 'C:/evil.js': '' }, /drive letter/],
    'a backslash': [{ 'index.html': '', 'a\\b.js': '' }, /backslash/],
    'names that differ in case only': [{ 'index.html': '', 'App.js': '', 'app.js': '' }, /differ only in case/],
    'no index': [{ 'app.js': '' }, /no index\.html/],
    'too many files': [Object.fromEntries(Array.from({ length: 5001 }, (_, n) => [`${n}.js`, ''])), /5000 entries/],
  };
  for (const [name, [files, why]] of Object.entries(REFUSED)) {
    test(name, async () => {
      const { status, stderr } = await check('{ zip = "ui.zip" }', { 'ui.zip': zip(files) });
      assert.equal(status, 2, stderr);
      assert.match(stderr, /config\.toml:3:20: provider\.customUi\.zip: /);
      assert.match(stderr, why);
      assert.match(stderr, /Nothing was changed\./);
    });
  }

  test('no zip, no folder, no loopback address', async () => {
    for (const [value, why] of [
      ['{ zip = "ui.zip" }', /not a zip/],
      ['{ folder = "ui.zip" }', /not a folder/],
      ['{ folder = "nowhere" }', /can't be read/],
      ['{ devServer = "http://example.test:5173" }', /not on this computer/],
    ]) {
      const { status, stderr } = await check(value, { 'ui.zip': 'no zip' });
      assert.equal(status, 2, stderr);
      assert.match(stderr, why);
    }
  });

  test('good ones are in order', async () => {
    const files = { 'ui.zip': zip(await example()) };
    for (const value of ['{ zip = "ui.zip" }', `{ folder = ${JSON.stringify(EXAMPLE)} }`, '{}']) {
      const { status, stdout } = await check(value, files);
      assert.equal(status, 0, value);
      assert.match(stdout, /in order/);
    }
  });
});
