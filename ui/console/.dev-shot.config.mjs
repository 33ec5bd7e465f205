import base from './vite.config.ts';
export default {
  ...base,
  build: {
    ...base.build,
    outDir: '/tmp/w/console-dev-build',
    rollupOptions: { input: '/work/main/ui/console/dev.html' },
  },
};
