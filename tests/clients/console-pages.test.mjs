// The console on sample data, every page and tab of it: accessible, nothing cut off, nothing said on the browser's console,
// nothing against the window's content security policy. Pages come from the router, and tabs, detail pages and dialogs from
// the pages themselves, so that a new one is looked at without being named here.
// CONSOLE_SHOTS=folder keeps a picture of each.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { audit } from './axe.mjs';
import { scope, startBrowser } from './support.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SHOTS = process.env.CONSOLE_SHOTS;
/** Window sizes in CSS pixels: the usual one, the smallest, and a window of 1280 × 800 at 200 %. */
const SIZES = [
  [1280, 800],
  [1000, 640],
  [640, 400],
];
/** Detail pages that are opened from each list. */
const DETAILS = 2;
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
};

/** The development page as a build, under the policy of the window. Answers its address. */
async function serveConsole(until) {
  const folder = await mkdtemp(join(tmpdir(), 'vestibule-console-'));
  until.after(() => rm(folder, { recursive: true }));
  const ui = join(ROOT, 'ui');
  const vite = createRequire(join(ui, 'package.json')).resolve('vite');
  const { build } = await import(pathToFileURL(vite));
  await build({
    configFile: join(ui, 'console/vite.config.ts'),
    logLevel: 'error',
    build: { outDir: folder, emptyOutDir: true, minify: false, rollupOptions: { input: join(ui, 'console/dev.html') } },
  });
  const { csp } = JSON.parse(await readFile(join(ROOT, 'tauri.conf.json'), 'utf8')).app.security;
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    try {
      const body = await readFile(join(folder, pathname));
      response.writeHead(200, { 'content-type': TYPES[extname(pathname)], 'content-security-policy': csp });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  until.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}/dev.html`;
}

/** Two frames without a change, and fonts: the page is as it will be. */
const settled = (page) =>
  page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    await document.fonts.ready;
    let changed = true;
    const watcher = new MutationObserver(() => (changed = true));
    watcher.observe(document.querySelector('main'), { subtree: true, childList: true });
    for (let quiet = 0; quiet < 2; quiet = changed ? 0 : quiet + 1) {
      changed = false;
      await frame();
      await frame();
    }
    watcher.disconnect();
  });

/** What is cut off, or scrolls sideways although it is no table, diagram or code. */
const cutOff = (page) =>
  page.evaluate(() => {
    const found = [];
    const name = (element) =>
      `${element.tagName.toLowerCase()}.${element.className} “${element.textContent.trim().slice(0, 40)}”`;
    const clips = (value) => ['auto', 'scroll', 'hidden', 'clip'].includes(value);
    for (const element of document.querySelectorAll('nav, main, main *, dialog[open], dialog[open] *')) {
      const style = getComputedStyle(element);
      const sideways = element.scrollWidth - element.clientWidth;
      const scrolls = ['auto', 'scroll'].includes(style.overflowX);
      // Whole pages never go sideways; parts of them may, where it was meant.
      if (
        scrolls &&
        sideways > 1 &&
        element.clientHeight > innerHeight * 0.5 &&
        !element.matches('pre, .code, .sideways')
      )
        found.push(`scrolls sideways by ${sideways} px: ${name(element)}`);
    }
    const walker = document.createTreeWalker(document.querySelector('.shell'), NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const { parentElement: element } = walker.currentNode;
      if (walker.currentNode.data.trim() === '' || element.closest('.visually-hidden, option, svg, .skip')) continue;
      const range = document.createRange();
      range.selectNodeContents(walker.currentNode);
      const box = range.getBoundingClientRect();
      if (box.width === 0 || !element.checkVisibility()) continue;
      if (box.right <= innerWidth + 1 && box.left >= -1) continue;
      let held = false;
      for (let at = element; at && !at.matches('.shell'); at = at.parentElement) {
        const { overflowX, textOverflow } = getComputedStyle(at);
        if (overflowX !== 'visible' && (textOverflow === 'ellipsis' || ['auto', 'scroll'].includes(overflowX)))
          held = true;
        if (clips(overflowX)) break;
      }
      if (!held) found.push(`goes beyond the window: ${name(element)}`);
    }
    return found;
  });

/** Things whose focus ring cannot be seen whole, or that show none. */
const badRings = async (page) => {
  await page.keyboard.press('Tab');
  return page.evaluate(() => {
    const found = [];
    const wanted = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
    const within = document.querySelector('dialog[open]') ?? document.querySelector('.shell');
    const hides = (style, axis) => ['hidden', 'clip'].includes(style[`overflow${axis}`]);
    for (const element of within.querySelectorAll(wanted)) {
      if (element.disabled || !element.checkVisibility({ visibilityProperty: true })) continue;
      element.focus();
      if (document.activeElement !== element || !element.matches(':focus-visible')) continue;
      const style = getComputedStyle(element);
      const name = `${element.tagName.toLowerCase()} “${(element.ariaLabel ?? element.textContent).trim().slice(0, 40)}”`;
      // The palette's field shows its focus on the line around it.
      if (style.outlineStyle === 'none') {
        if (!element.matches('[role=combobox]')) found.push(`shows no focus: ${name}`);
        continue;
      }
      const out = parseFloat(style.outlineWidth) + parseFloat(style.outlineOffset) - 0.5;
      const box = element.getBoundingClientRect();
      for (let at = element.parentElement; at && out > 0; at = at.parentElement) {
        const parent = getComputedStyle(at);
        const clip = at.getBoundingClientRect();
        const scrolls = /auto|scroll/;
        const sideways = scrolls.test(parent.overflowX) || hides(parent, 'X');
        if (sideways && (box.left - out < clip.left || box.right + out > clip.right) && box.width < clip.width)
          found.push(`focus ring is cut at the side: ${name}`);
        if (hides(parent, 'Y') && (box.top - out < clip.top || box.bottom + out > clip.bottom) && at !== document.body)
          found.push(`focus ring is cut above or below: ${name}`);
        if (parent.position === 'fixed' || at.matches('dialog')) break;
      }
    }
    document.activeElement?.blur();
    return found;
  });
};

describe('every page of the console', () => {
  const until = scope();
  let address;
  let browser;
  before(async () => {
    address = await serveConsole(until);
    browser = await startBrowser(until);
  });

  const open = async (options = {}, query = '') => {
    const opened = await browser.open({ reducedMotion: 'reduce', ...options });
    await opened.page.goto(`${address}${query}#/sessions`);
    await opened.page
      .locator('nav')
      .getByText(query.includes('portTaken') ? 'is busy' : 'Serving')
      .waitFor();
    return opened;
  };

  /** Goes to an address of the window as a click would, and waits until it is drawn. */
  const go = async (page, hash) => {
    await page.evaluate((wanted) => (location.hash = wanted), hash);
    await page.locator('main h1, main h2').first().waitFor();
    await settled(page);
  };

  /** Calls back for every page, detail page and tab, with a name for it. */
  const visit = async (page, look) => {
    const pages = await page.evaluate(() => window.consolePages);
    assert.ok(pages.length >= 9);
    const names = new Set();
    const once = async (name) => {
      if (names.has(name)) return;
      names.add(name);
      await look(name);
    };
    const tabs = async (name) => {
      const count = await page.locator('main [role=tab]').count();
      if (count === 0) return once(name);
      for (let index = 0; index < count; index += 1) {
        const tab = page.locator('main [role=tab]').nth(index);
        await tab.click();
        await settled(page);
        await once(`${name}-${(await tab.getAttribute('id')) ?? index}`);
      }
    };
    for (const one of pages) {
      await go(page, `#/${one}`);
      await tabs(one);
      await go(page, `#/${one}`);
      const details = await page
        .locator(`main a[href^="#/${one}/"]`)
        .evaluateAll((links) => [...new Set(links.map((link) => link.getAttribute('href')))]);
      for (const [index, hash] of details.slice(0, DETAILS).entries()) {
        await go(page, hash);
        await tabs(`${one}-detail${index + 1}`);
      }
      // What is new begins with the same key everywhere, where there is such a thing.
      await go(page, `#/${one}`);
      await page.evaluate(() => document.activeElement?.blur());
      await page.keyboard.press('n');
      await settled(page);
      if (await page.locator('dialog[open]').count()) {
        await once(`${one}-new`);
        await page.keyboard.press('Escape');
        await page.locator('dialog[open]').waitFor({ state: 'detached' });
      }
    }
    for (const [key, name] of [
      ['Control+k', 'palette'],
      ['?', 'shortcuts'],
    ]) {
      await page.evaluate(() => document.activeElement?.blur());
      await page.keyboard.press(key);
      await page.locator('dialog[open]').waitFor();
      await settled(page);
      await once(name);
      await page.keyboard.press('Escape');
    }
    return names;
  };

  for (const [width, height] of SIZES) {
    // Colours are the same at every size: one theme each for the smaller ones, unless pictures are wanted.
    const themes = { 1000: ['dark'], 640: ['light'] };
    for (const colorScheme of (SHOTS ? null : themes[width]) ?? ['light', 'dark']) {
      test(`${width} × ${height}, ${colorScheme}`, async () => {
        const { context, page, watch } = await open({ colorScheme, viewport: { width, height } });
        const folder = SHOTS && join(SHOTS, `${width}x${height}-${colorScheme}`);
        if (folder) await mkdir(folder, { recursive: true });
        const problems = [];
        const seen = await visit(page, async (name) => {
          const say = (texts) => problems.push(...texts.map((text) => `${name}: ${text}`));
          if (folder) await page.screenshot({ path: join(folder, `${name}.png`) });
          say((await audit(page)).violations);
          say(await cutOff(page));
          // Rings are the same in both themes, but for their colour, which axe does not judge either.
          if (colorScheme === 'light') say(await badRings(page));
          say(watch.violations.splice(0));
          say(watch.errors.splice(0));
        });
        assert.deepEqual(problems, []);
        assert.ok(seen.size > 30, `only ${seen.size} views were found`);
        await context.close();
      });
    }
  }

  for (const query of ['?empty', '?portTaken', '?examples']) {
    test(`with ${query}`, async () => {
      const { context, page, watch } = await open({ viewport: { width: 1000, height: 640 } }, query);
      const problems = [];
      for (const one of await page.evaluate(() => window.consolePages)) {
        await go(page, `#/${one}`);
        for (const text of [...(await audit(page)).violations, ...(await cutOff(page))])
          problems.push(`${one}: ${text}`);
        if (SHOTS) {
          await mkdir(join(SHOTS, query.slice(1)), { recursive: true });
          await page.screenshot({ path: join(SHOTS, query.slice(1), `${one}.png`) });
        }
      }
      assert.deepEqual([...problems, ...watch.violations, ...watch.errors], []);
      await context.close();
    });
  }

  test('what is cut off, and a ring that is, would be seen', async () => {
    const { context, page } = await open({ viewport: { width: 1000, height: 640 } });
    await go(page, '#/applications');
    assert.deepEqual([...(await cutOff(page)), ...(await badRings(page))], []);
    await page.evaluate(() => {
      const heading = document.querySelector('main h1');
      heading.style.transform = 'translateX(990px)';
      const button = document.querySelector('main .page-head button');
      button.style.outlineOffset = '40px';
      document.querySelector('main .page-head').style.overflow = 'hidden';
    });
    assert.match((await cutOff(page)).join(), /goes beyond the window: h1/);
    assert.match((await badRings(page)).join(), /focus ring is cut/);
    await context.close();
  });

  test('the theme follows the system until one is chosen', async () => {
    const { context, page } = await open({ colorScheme: 'light' });
    const theme = () =>
      page.evaluate(() => [document.documentElement.dataset.theme, getComputedStyle(document.body).color]);
    const [light, lightInk] = await theme();
    assert.equal(light, 'light');
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
    assert.notEqual((await theme())[1], lightInk);
    await page.keyboard.press('Control+k');
    await page.keyboard.type('theme light');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'light');
    await page.reload();
    await page.locator('nav').getByText('Serving').waitFor();
    assert.equal((await theme())[0], 'light');
    await context.close();
  });

  test('nothing keeps moving for somebody who asked for less motion', async () => {
    const moving = (page) =>
      page.evaluate(() =>
        document
          .getAnimations()
          .filter((animation) => animation.playState === 'running')
          .filter(({ effect }) => effect.getComputedTiming().activeDuration > 10)
          .map(({ effect }) => effect.target?.className ?? 'unknown'),
      );
    const calm = await open();
    await go(calm.page, '#/sessions/lv_waiting');
    assert.deepEqual(await moving(calm.page), []);
    await calm.context.close();
    const lively = await open({ reducedMotion: 'no-preference' });
    await go(lively.page, '#/sessions/lv_waiting');
    assert.notDeepEqual(await moving(lively.page), [], 'a waiting session moves otherwise');
    await lively.context.close();
  });

  test('what is chosen can be told from the rest in forced colours', async () => {
    const { context, page } = await open({ forcedColors: 'active' });
    const outline = (selector) =>
      page
        .locator(selector)
        .first()
        .evaluate((element) => getComputedStyle(element).outlineStyle);
    await go(page, '#/sessions/lv_finished');
    assert.equal(await outline('nav a[aria-current]'), 'solid');
    assert.equal(await outline('nav a:not([aria-current])'), 'none');
    assert.equal(await outline('#session-list [aria-current]'), 'solid');
    assert.equal(await outline('#session-list button:not([aria-current])'), 'none');
    assert.equal(await outline('main [role=tab][aria-selected=true]'), 'solid');
    await context.close();
  });

  test('a dialog gives the focus back to where it was', async () => {
    const { context, page } = await open();
    await go(page, '#/applications');
    const button = page.getByRole('button', { name: 'Create application' });
    await button.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Create application' }).waitFor();
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.activeElement?.textContent.trim() === 'Create application');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').waitFor();
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.activeElement?.textContent.trim() === 'Create application');
    await context.close();
  });
});
