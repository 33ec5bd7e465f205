import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// One run for both front ends and what they share.
export default defineConfig({
  plugins: [svelte(), svelteTesting()],
  resolve: {
    alias: { $bindings: here('./bindings'), $experience: here('./experience/src'), $shared: here('./shared') },
  },
  test: {
    environment: 'happy-dom',
    environmentOptions: {
      happyDOM: {
        settings: {
          disableCSSFileLoading: true,
          handleDisabledFileLoadingAsSuccess: true,
          enableIframePageLoading: true,
        },
      },
    },
    include: ['{experience,console,shared}/**/*.test.ts'],
    setupFiles: ['./console/test/setup.ts'],
    restoreMocks: true,
    unstubGlobals: true,
  },
});
