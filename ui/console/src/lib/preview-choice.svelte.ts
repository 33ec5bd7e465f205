import type { ScreenId } from './page-frame';

export type Device = 'phone' | 'desktop';

/** Sizes of the screens, in CSS pixels. */
export const DEVICES: Readonly<Record<Device, { width: number; height: number }>> = {
  phone: { width: 390, height: 844 },
  desktop: { width: 1024, height: 768 },
};

/** What the preview shows. It stays while other pages of the window are looked at. */
export class PreviewChoice {
  screen = $state<ScreenId>('signIn');
  device = $state<Device>('phone');
  /** `null`: as the window's. */
  theme = $state<'light' | 'dark' | null>(null);
  /** Empty: as configured. */
  language = $state('');
  /** Whose branding; empty for none. */
  application = $state('');
  open = $state(true);
  /** Whether it has the room of the form, too. */
  large = $state(false);
}
