import { svelte, vitePreprocess } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// `index.html` is what the window embeds. `dev.html` is served by `vite` only: it mounts the same
// components on the in-memory host, and never enters a build.
export default defineConfig({
  root: here('.'),
  base: './',
  plugins: [svelte({ preprocess: vitePreprocess(), configFile: false })],
  resolve: { alias: { $bindings: here('../bindings'), $shared: here('../shared') } },
  server: { fs: { allow: [here('..')] } },
  build: {
    outDir: here('../dist/console'),
    emptyOutDir: true,
    target: 'es2022',
    // The content policy allows no `data:` fonts and no inline code.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
});
