import { contrast, formatColour, inkOn, parseColour, readableOn, type Rgb } from './contrast';
import type { PageData } from './data';

export type Theme = 'light' | 'dark';

/** The least readable surface of each theme that brand-coloured text stands on (tokens.css: --bg, --surface-2). */
const SURFACE: Record<Theme, Rgb> = { light: [246, 246, 244], dark: [32, 32, 37] };
/** The brand when neither the application nor the sign-in experience names a colour that can be read. */
const FALLBACK: Record<Theme, Rgb> = { light: [59, 63, 206], dark: [139, 133, 255] };

/** The brand's custom properties in one theme: the application's colours first, then the sign-in experience's. */
export function brandProperties(
  { application, signInExperience: { color } }: PageData,
  theme: Theme,
): Record<string, string> {
  const wanted =
    theme === 'dark'
      ? (application?.darkPrimaryColor ?? application?.primaryColor ?? color.darkPrimaryColor)
      : (application?.primaryColor ?? color.primaryColor);
  const brand = parseColour(wanted) ?? FALLBACK[theme];
  const text = readableOn(brand, SURFACE[theme]);
  return {
    '--brand': formatColour(brand),
    '--brand-ink': formatColour(inkOn(brand)),
    '--brand-text': formatColour(text),
    // A button the colour of the page still needs an edge.
    '--brand-edge': contrast(brand, SURFACE[theme]) < 1.5 ? 'var(--line-field)' : formatColour(brand),
  };
}

/** Dresses the document, now and whenever the system's theme changes. */
export function dress(
  data: PageData,
  page: Document,
  prefersDark: Pick<MediaQueryList, 'matches' | 'addEventListener'>,
): void {
  const apply = (): void => {
    const theme: Theme = data.signInExperience.color.isDarkModeEnabled && prefersDark.matches ? 'dark' : 'light';
    page.documentElement.dataset['theme'] = theme;
    for (const [name, value] of Object.entries(brandProperties(data, theme))) {
      page.documentElement.style.setProperty(name, value);
    }
  };
  apply();
  prefersDark.addEventListener('change', apply);

  const { favicon } = data.signInExperience.branding;
  if (favicon) page.querySelector('link[rel=icon]')?.setAttribute('href', favicon);
  if (data.customCss) {
    const sheet = page.createElement('link');
    sheet.rel = 'stylesheet';
    const whose = new URLSearchParams({ app_id: data.application?.id ?? '' });
    if (data.organization) whose.set('organization_id', data.organization.id);
    sheet.href = `/custom.css?${whose}`;
    page.head.append(sheet);
  }
}
