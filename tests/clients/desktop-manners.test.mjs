// The real window as a part of a desktop: links, a second start, zoom, saved files, browsers, opening at login.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { PASSWORD, scope } from './support.mjs';
import { makeHome, openBrowser, skip } from './window.mjs';

describe('the window on a desktop', { skip }, () => {
  const until = scope();
  let home;
  /** @type {import('./window.mjs').Window} */
  let window;
  /** The live session of a finished sign-in. */
  let live;

  before(async () => {
    home = await makeHome(until);
    fs.mkdirSync(home.env.XDG_CONFIG_HOME);
    fs.writeFileSync(path.join(home.env.XDG_CONFIG_HOME, 'user-dirs.dirs'), 'XDG_DOWNLOAD_DIR="$HOME/Fetched"\n');
    // A browser of this computer that writes down what it was to open.
    const programs = path.join(home.env.XDG_DATA_HOME, 'applications');
    fs.mkdirSync(programs, { recursive: true });
    const opener = path.join(home.folder, 'opener');
    fs.writeFileSync(
      opener,
      `#!/bin/sh\nprintf '%s' "$1" > "${home.folder}/opened.new"\nmv "${home.folder}/opened.new" "${home.folder}/opened"\n`,
      {
        mode: 0o700,
      },
    );
    fs.writeFileSync(
      path.join(programs, 'notebook.desktop'),
      `[Desktop Entry]\nType=Application\nName=Notebook Browser\nExec="${opener}" %u\nMimeType=x-scheme-handler/http;x-scheme-handler/https;\n`,
    );
    fs.writeFileSync(
      path.join(programs, 'mimeinfo.cache'),
      '[MIME Cache]\nx-scheme-handler/http=notebook.desktop;\nx-scheme-handler/https=notebook.desktop;\n',
    );
    window = await home.openWindow();
    await window.shows('Serving');
    const page = await (await openBrowser(until)).newPage();
    await page.goto(`${window.endpoint}/demo-app?start=1`);
    await page.fill('input[autocomplete~=username]', 'alice');
    await page.fill('input[type=password]', PASSWORD);
    await page.click('button[type=submit]');
    await page.waitForURL(/demo-app\?code=/);
    await window.shows('tokens issued');
    await window.press('tokens issued');
    await window.when(`/^#.sessions.[^/]+/.test(location.hash)`, 'the session was not selected');
    live = await window.run(`return location.hash.split('/')[2]`);
  });

  test('a link shows its session, through a second start that ends at once', async () => {
    await window.go('people');
    await window.shows('Alice Archer');
    const second = await home.run(`vestibule://session/${live}`);
    assert.deepEqual(second, { code: 0, said: '' });
    await window.when(`location.hash === '#/sessions/${live}'`, 'the link was not followed');
    await window.shows('Why this happened');
  });

  test('a link to a session that is not here says so', async () => {
    assert.equal((await home.run('vestibule://session/no-such-session')).code, 0);
    await window.shows('The session no-such-session is not here.');
    assert.equal(await window.run(`return location.hash`), `#/sessions/${live}`);
  });

  test('no other link does anything', async () => {
    assert.equal((await home.run('vestibule://settings/reset?now=1')).code, 0);
    await window.shows('“vestibule://settings/reset?now=1” is not a link that Vestibule knows.');
    assert.equal(await window.run(`return location.hash`), `#/sessions/${live}`);
  });

  test('the page is drawn larger and smaller by the keys of browsers', async () => {
    const width = () => window.run('return innerWidth');
    const usual = await width();
    await window.control('+');
    await window.when(`innerWidth < ${usual}`, 'the page is no larger');
    await window.control('0');
    await window.when(`innerWidth === ${usual}`, 'the page is not as before');
    await window.control('-');
    await window.when(`innerWidth > ${usual}`, 'the page is no smaller');
    await window.control('0');
    await window.when(`innerWidth === ${usual}`, 'the page is not as before');
    await window.go('settings');
    await window.shows('100 %');
    for (let step = 0; step < 6; step++) await window.press('Larger');
    await window.shows('200 %');
    // Scroll bars and rounding apart.
    await window.when(`Math.abs(innerWidth - ${usual} / 2) < 3`, 'the page is not twice as large');
  });

  test('opening at login is off, is switched on, and starts hidden', async () => {
    const entry = path.join(home.env.XDG_CONFIG_HOME, 'autostart', 'vestibule.desktop');
    assert.ok(!fs.existsSync(entry));
    const state = (on) =>
      window.when(
        `[...document.querySelectorAll('label')].find((e) => e.innerText.includes('log in')).control.checked === ${on}`,
        'the switch did not move',
      );
    await window.press('Open Vestibule when you log in');
    await window.shows('no tray');
    await state(true);
    await window.run(`return new Promise((done) => requestAnimationFrame(() => done()))`);
    const wait = `return window.__TAURI_INTERNALS__.invoke('desktop', {}).then((view) => view.openAtLogin)`;
    assert.equal(await window.run(wait), true);
    assert.match(fs.readFileSync(entry, 'utf8'), /^Exec=".*vestibule" --hidden$/m);
    // A login while the program runs leaves the window alone.
    assert.deepEqual(await home.run('--hidden'), { code: 0, said: '' });
    await window.press('Open Vestibule when you log in');
    await state(false);
    assert.equal(await window.run(wait), false);
    assert.ok(!fs.existsSync(entry));
  });

  test('a file is saved among the downloads, under a name of its own', async () => {
    const save = (name) =>
      window.run(`return window.__TAURI_INTERNALS__.invoke('save_file', { name: arguments[0], text: 'grüße' })`, name);
    assert.equal(await save('../a.har'), path.join(home.folder, 'Fetched', '-a.har'));
    assert.equal(await save('../a.har'), path.join(home.folder, 'Fetched', '-a (2).har'));
    assert.equal(fs.readFileSync(path.join(home.folder, 'Fetched', '-a.har'), 'utf8'), 'grüße');
    assert.equal(fs.statSync(path.join(home.folder, 'Fetched', '-a.har')).mode & 0o777, 0o600);
  });

  test('an address opens in the browser that was chosen, and in no other program', async () => {
    const invoke = (command, args) =>
      window.run(
        `return window.__TAURI_INTERNALS__.invoke(arguments[0], arguments[1]).catch((problem) => problem.code)`,
        command,
        args,
      );
    const browsers = await invoke('browsers', {});
    assert.deepEqual(
      browsers.filter(({ id }) => id === 'notebook.desktop'),
      [{ id: 'notebook.desktop', name: 'Notebook Browser' }],
    );
    const opened = new Promise((resolve) => {
      const watcher = fs.watch(home.folder, (_, name) => {
        if (name !== 'opened') return;
        watcher.close();
        resolve(fs.readFileSync(path.join(home.folder, 'opened'), 'utf8'));
      });
    });
    const url = `${window.endpoint}/oidc/auth?client_id=a&x=1%202`;
    assert.equal(await invoke('open_external', { url, browser: 'notebook.desktop' }), null);
    assert.equal(await opened, url);
    assert.equal(await invoke('open_external', { url, browser: '/bin/sh' }), 'console.no_browser');
    assert.equal(
      await invoke('open_external', { url: 'file:///etc/passwd', browser: 'notebook.desktop' }),
      'console.not_a_web_address',
    );
  });

  test('what the window is not granted is refused', async () => {
    const refused = await window.run(
      `return window.__TAURI_INTERNALS__.invoke('plugin:window|set_title', { value: 'x' }).then(() => 'done', (error) => String(error))`,
    );
    assert.match(refused, /not allowed/);
  });

  test('a start with a link opens the window there, in the size it was left in', async () => {
    await window.close();
    window = await home.openWindow(`vestibule://session/${live}`);
    await window.when(`location.hash === '#/sessions/${live}'`, 'the link was not followed');
    await window.shows('Why this happened');
    await window.go('settings');
    await window.shows('200 %');
  });
});
