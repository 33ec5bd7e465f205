import type { Host } from './host';

/**
 * What a page in an ordinary browser can do by itself of what the native window's program does for it. A browser opens
 * addresses only in itself, and doesn't say which others there are.
 */
export const browserAbilities: Pick<Host, 'openExternal' | 'browsers' | 'saveFile'> = {
  async openExternal(url) {
    window.open(url, '_blank', 'noopener');
  },
  browsers: async () => [],
  async saveFile(name, text) {
    const url = URL.createObjectURL(new Blob([text]));
    const link = document.createElement('a');
    link.href = url;
    link.download = name;
    link.click();
    // The download holds the blob itself once it has begun.
    setTimeout(() => URL.revokeObjectURL(url));
    return name;
  },
};
