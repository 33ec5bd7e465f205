import type { ConsoleReply } from '$bindings/ConsoleReply';
import type { LiveBatch } from '$bindings/LiveBatch';
import { Channel, invoke } from '@tauri-apps/api/core';
import type { Host } from './host';

/** The host inside the native window: Tauri commands, and a channel for the live stream. */
export function tauriHost(): Host {
  return {
    call: (request) => invoke<ConsoleReply>('console', { request }),
    watch(onBatch) {
      let listening = true;
      const channel = new Channel<LiveBatch>();
      channel.onmessage = (batch) => {
        if (listening) onBatch(batch);
      };
      invoke('watch', { channel }).catch((reason: unknown) => {
        console.error('The live stream could not be opened.', reason);
      });
      return () => {
        listening = false;
      };
    },
    openExternal: (url, browser) => invoke<void>('open_external', { url, browser: browser ?? null }),
    browsers: () => invoke<Array<{ id: string; name: string }>>('browsers'),
  };
}
