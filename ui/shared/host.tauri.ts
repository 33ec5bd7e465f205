import type { Browser } from '$bindings/Browser';
import type { ConsoleReply } from '$bindings/ConsoleReply';
import type { LiveBatch } from '$bindings/LiveBatch';
import { Channel, invoke, isTauri } from '@tauri-apps/api/core';
import type { Host } from './host';

/** Whether this page is in the native window. */
export const isNative = isTauri;

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
    openExternal: (url, browser) => invoke<void>('open_external', { url, browser }),
    browsers: () => invoke<Browser[]>('browsers'),
    saveFile: (name, text) => invoke<string>('save_file', { name, text }),
  };
}
