import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import { gzipSync } from 'node:zlib';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const PLACE = '__VESTIBULE_DATA__';

const bytes = (source: string | Uint8Array): number => gzipSync(source, { level: 9 }).length;

/** What the first screen costs: scripts it loads before anything can be done, together and compressed (gzip). */
interface Limits {
  firstScripts: number;
  firstScriptGzip: number;
}

/**
 * What the server relies on, checked at each build: one page, one style sheet, one place for the data, and limits for the
 * scripts of the first screen; screens that few sign-ins see are scripts of their own. It also makes the page wait for its
 * script before the first paint, so that a dark page never flashes white.
 */
function firstScreen({ firstScripts, firstScriptGzip }: Limits): Plugin {
  return {
    name: 'first-screen',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (html) =>
        html
          .replace(/ *<!-- prettier-ignore -->\n/, '')
          .replaceAll(' crossorigin', '')
          .replace('<script type="module"', '<script type="module" blocking="render"'),
    },
    writeBundle(_, bundle) {
      const files = Object.values(bundle);
      const chunks = files.filter((file) => file.type === 'chunk');
      const ending = (end: string) => files.filter((file) => file.fileName.endsWith(end));
      const entries = chunks.filter((chunk) => chunk.isEntry);
      const [styles, pages] = [ending('.css'), ending('.html')];
      if (entries.length !== 1 || styles.length !== 1 || pages.length !== 1) {
        this.error(
          `expected one page, one entry and one style sheet, got ${files.map((file) => file.fileName).join(', ')}`,
        );
      }
      const sourceOf = (file: (typeof files)[number]) => (file.type === 'chunk' ? file.code : file.source);
      const places = files
        .filter((file) => !file.fileName.endsWith('.woff2'))
        .map((file) => String(sourceOf(file)).split(PLACE).length - 1);
      if (places.reduce((sum, one) => sum + one, 0) !== 1) this.error(`expected ${PLACE} exactly once`);

      const first = new Set(entries);
      for (const chunk of first) {
        for (const name of chunk.imports) {
          const found = chunks.find((one) => one.fileName === name);
          if (found) first.add(found);
        }
      }
      for (const file of files) {
        const source = sourceOf(file);
        const when = file.type !== 'chunk' ? '' : first.has(file) ? ' at once' : ` later: ${file.name}`;
        this.info(`${file.fileName}: ${Buffer.byteLength(source)} bytes, ${bytes(source)} gzip${when}`);
      }
      const size = [...first].reduce((sum, chunk) => sum + bytes(chunk.code), 0);
      if (size > firstScriptGzip || first.size > firstScripts) {
        this.error(`the first screen loads ${first.size} scripts of ${size} bytes gzip`);
      }
    },
  };
}

export default defineConfig({
  root: here('.'),
  base: '/',
  publicDir: false,
  plugins: [svelte(), firstScreen({ firstScripts: 1, firstScriptGzip: 60_000 })],
  resolve: { alias: { $bindings: here('../bindings'), $shared: here('../shared') } },
  build: {
    outDir: here('../dist/experience'),
    emptyOutDir: true,
    assetsDir: 'assets/experience',
    // Everything is a file: the policy allows no data: fonts, and a page is three requests and a font.
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: false,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        entryFileNames: 'assets/experience/[hash].js',
        chunkFileNames: 'assets/experience/[hash].js',
        assetFileNames: 'assets/experience/[hash][extname]',
      },
    },
  },
});
