import type { DesktopEvent } from '$bindings/DesktopEvent';
import type { DesktopView } from '$bindings/DesktopView';
import type { DesktopHost } from './host';

/** The desktop of tests and of the development page. */
export function memoryDesktop(): { host: DesktopHost; ask: (event: DesktopEvent) => void } {
  let view: DesktopView = {
    zoom: 100,
    openAtLogin: false,
    openAtLoginObstacle: null,
    announceWaiting: true,
    tray: true,
  };
  const watchers = new Set<(event: DesktopEvent) => void>();
  const host: DesktopHost = {
    view: async () => view,
    async change(change) {
      switch (change.change) {
        case 'zoomIn':
          view = { ...view, zoom: Math.min(200, view.zoom + 10) };
          break;
        case 'zoomOut':
          view = { ...view, zoom: Math.max(50, view.zoom - 10) };
          break;
        case 'zoomReset':
          view = { ...view, zoom: 100 };
          break;
        case 'openAtLogin':
          view = { ...view, openAtLogin: change.on };
          break;
        case 'announceWaiting':
          view = { ...view, announceWaiting: change.on };
      }
      return view;
    },
    watch(onEvent) {
      watchers.add(onEvent);
      return () => watchers.delete(onEvent);
    },
  };
  return { host, ask: (event) => watchers.forEach((watcher) => watcher(event)) };
}
