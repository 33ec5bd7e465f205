import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import { gzipSync } from 'node:zlib';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const PLACE = '__VESTIBULE_DATA__';

const bytes = (source: string | Uint8Array): number => gzipSync(source, { level: 9 }).length;

/**
 * What the server relies on, checked at each build: one script, one style sheet, one place for the data, and a size limit.
 * It also makes the page wait for its script before the first paint, so that a dark page never flashes white.
 */
function oneOfEach({ maxScriptGzip }: { maxScriptGzip: number }): Plugin {
  return {
    name: 'one-of-each',
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
      const ending = (end: string) => files.filter((file) => file.fileName.endsWith(end));
      const [scripts, styles, pages] = [ending('.js'), ending('.css'), ending('.html')];
      if (scripts.length !== 1 || styles.length !== 1 || pages.length !== 1) {
        this.error(
          `expected one page, one script and one style sheet, got ${files.map((file) => file.fileName).join(', ')}`,
        );
      }
      const sourceOf = (file: (typeof files)[number]) => (file.type === 'chunk' ? file.code : file.source);
      const places = files
        .filter((file) => !file.fileName.endsWith('.woff2'))
        .map((file) => String(sourceOf(file)).split(PLACE).length - 1);
      if (places.reduce((sum, one) => sum + one, 0) !== 1) this.error(`expected ${PLACE} exactly once`);
      for (const file of files) {
        const source = sourceOf(file);
        const size = bytes(source);
        this.info(`${file.fileName}: ${Buffer.byteLength(source)} bytes, ${size} gzip`);
        if (file.fileName.endsWith('.js') && size > maxScriptGzip) {
          this.error(`${file.fileName} is ${size} bytes gzip, more than ${maxScriptGzip}`);
        }
      }
    },
  };
}

export default defineConfig({
  root: here('.'),
  base: '/',
  publicDir: false,
  plugins: [svelte(), oneOfEach({ maxScriptGzip: 60_000 })],
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
        codeSplitting: false,
        entryFileNames: 'assets/experience/[hash].js',
        assetFileNames: 'assets/experience/[hash][extname]',
      },
    },
  },
});
