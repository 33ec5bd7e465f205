import type { SignInExperience } from '$bindings/SignInExperience';

/** The brand's colour, and the ink that can be read on it, as the hosted pages use them. */
export function theme(experience: SignInExperience): string {
  const dark = document.documentElement.dataset['theme'] === 'dark' && experience.color.isDarkModeEnabled;
  const brand = dark ? experience.color.darkPrimaryColor : experience.color.primaryColor;
  return `--brand: ${brand}; --brand-ink: ${inkOn(brand)}`;
}

/** Black or white, whichever has more contrast (WCAG 2.2, relative luminance). */
export function inkOn(color: string): '#000000' | '#ffffff' {
  const hex = /^#([0-9a-f]{6}|[0-9a-f]{3})$/i.exec(color)?.[1] ?? '000000';
  const full = hex.length === 3 ? Array.from(hex, (digit) => digit + digit).join('') : hex;
  const [r = 0, g = 0, b = 0] = [0, 2, 4].map((at) => {
    const part = Number.parseInt(full.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const light = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return (light + 0.05) / 0.05 > 1.05 / (light + 0.05) ? '#000000' : '#ffffff';
}
