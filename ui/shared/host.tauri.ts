import type { BridgeCommands } from '$bindings/BridgeCommands';
import { Channel, invoke, isTauri } from '@tauri-apps/api/core';
import type { Host } from './host';

/** Whether this page is in the native window. */
export const isNative = isTauri;

type Command = keyof BridgeCommands;

/** Gives a command. Names, arguments and answers are those that the program declares. */
const give = <C extends Command>(command: C, args: BridgeCommands[C]['arguments']) =>
  invoke<BridgeCommands[C]['answer']>(command, { ...args });

/** Follows what a command sends, until the returned function is called. */
function follow<C extends Command>(command: C, onEvent: (event: BridgeCommands[C]['event']) => void): () => void {
  let listening = true;
  const channel = new Channel<BridgeCommands[C]['event']>();
  channel.onmessage = (event) => {
    if (listening) onEvent(event);
  };
  invoke<BridgeCommands[C]['answer']>(command, { channel }).catch((reason: unknown) => {
    console.error(`The window could not follow “${command}”.`, reason);
  });
  return () => {
    listening = false;
  };
}

/** The host inside the native window: Tauri commands, and channels for what comes by itself. */
export function tauriHost(): Host {
  return {
    call: (request) => give('console', { request }),
    watch: (onBatch) => follow('watch', onBatch),
    openExternal: async (url, browser) => {
      await give('open_external', browser === undefined ? { url } : { url, browser });
    },
    browsers: () => give('browsers', {}),
    saveFile: (name, text) => give('save_file', { name, text }),
    desktop: {
      view: () => give('desktop', {}),
      change: (change) => give('change_desktop', { change }),
      watch: (onEvent) => follow('watch_desktop', onEvent),
    },
  };
}
