import { svelte, vitePreprocess } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * What each page gives up of the policy they are served with. Logos of the draft come from wherever they are, so only the
 * preview loads pictures of other hosts; it talks to nobody. The development server's own scripts need more.
 */
const GIVEN_UP: Readonly<Record<string, string>> = {
  '/index.html': "img-src 'self' data:",
  '/preview.html': "connect-src 'none'; frame-src 'none'",
};

function policies(): Plugin {
  return {
    name: 'policies',
    apply: 'build',
    transformIndexHtml: (_html, { path }) => {
      const content = GIVEN_UP[path];
      // A test builds the development page, which gives up nothing.
      if (content === undefined) return [];
      return [{ tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content }, injectTo: 'head-prepend' }];
    },
  };
}

// `index.html` is what the window embeds, and `preview.html` a frame in it with the hosted pages. `dev.html` is served by
// `vite` only: it mounts the same components on the in-memory host, and never enters a build.
export default defineConfig({
  root: here('.'),
  base: './',
  plugins: [svelte({ preprocess: vitePreprocess(), configFile: false }), policies()],
  resolve: {
    alias: { $bindings: here('../bindings'), $experience: here('../experience/src'), $shared: here('../shared') },
  },
  server: { fs: { allow: [here('..')] } },
  build: {
    outDir: here('../dist/console'),
    emptyOutDir: true,
    target: 'es2022',
    // The content policy allows no `data:` fonts and no inline code.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: [here('./index.html'), here('./preview.html')] },
    reportCompressedSize: true,
  },
});
