import { beforeEach, describe, expect, it } from 'vitest';
import type { PageData } from './data';
import { experience, pageData } from './testing/fake';
import { brandProperties, dress } from './theme';

const app = (colours: { primaryColor?: string; darkPrimaryColor?: string }): PageData =>
  pageData({ application: { id: 'a', name: 'A', isThirdParty: false, ...colours } });

describe('brandProperties', () => {
  it.each([
    ['light', {}, '#3b3fce'],
    ['dark', {}, '#8b85ff'],
    ['light', { primaryColor: '#0f3d3e' }, '#0f3d3e'],
    ['dark', { primaryColor: '#0f3d3e' }, '#0f3d3e'],
    ['dark', { primaryColor: '#0f3d3e', darkPrimaryColor: '#5fc9bd' }, '#5fc9bd'],
    ['light', { primaryColor: 'nonsense' }, '#3b3fce'],
  ] as const)('%s with %j is %s', (theme, colours, brand) => {
    expect(brandProperties(app(colours), theme)['--brand']).toBe(brand);
  });

  it('gives a button the colour of the page an edge', () => {
    expect(brandProperties(app({ primaryColor: '#fff' }), 'light')).toMatchObject({
      '--brand-ink': '#000000',
      '--brand-edge': 'var(--line-field)',
    });
    expect(brandProperties(app({ primaryColor: '#0f3d3e' }), 'light')['--brand-edge']).toBe('#0f3d3e');
  });
});

describe('dress', () => {
  const media = (matches: boolean) => {
    const target = new EventTarget();
    return Object.assign(target, { matches }) as unknown as MediaQueryList & { matches: boolean };
  };
  const root = document.documentElement;

  beforeEach(() => {
    document.head.innerHTML = '<link rel="icon" href="data:,">';
  });

  it('follows the system only where dark mode is enabled', () => {
    const color = { primaryColor: '#3b3fce', darkPrimaryColor: '#8b85ff', isDarkModeEnabled: false };
    dress(pageData({ signInExperience: experience({ color }) }), document, media(true));
    expect(root.dataset['theme']).toBe('light');
    dress(pageData(), document, media(true));
    expect(root.dataset['theme']).toBe('dark');
    expect(root.style.getPropertyValue('--brand')).toBe('#8b85ff');
  });

  it('changes with the system', () => {
    const query = media(false);
    dress(pageData(), document, query);
    expect(root.dataset['theme']).toBe('light');
    Object.assign(query, { matches: true });
    query.dispatchEvent(new Event('change'));
    expect(root.dataset['theme']).toBe('dark');
  });

  it('adds the custom style sheet of the application, and the icon', () => {
    dress(pageData({ signInExperience: experience({ branding: { favicon: '/icon.png' } }) }), document, media(false));
    expect(document.querySelector('link[rel=stylesheet]')).toBeNull();
    expect(document.querySelector('link[rel=icon]')?.getAttribute('href')).toBe('/icon.png');
    dress(pageData({ customCss: true }), document, media(false));
    expect(document.querySelector('link[rel=stylesheet]')?.getAttribute('href')).toBe('/custom.css?app_id=shop');
  });
});
