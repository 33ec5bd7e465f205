import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Router } from './router.svelte';

describe('Router', () => {
  let router: Router;
  beforeEach(() => {
    window.history.replaceState(null, '', '/sign-in?app_id=a');
    router = new Router(window);
  });
  afterEach(() => router.destroy());

  const linkTo = (href: string): HTMLAnchorElement => {
    const anchor = document.createElement('a');
    anchor.href = href;
    document.body.append(anchor);
    router.link(anchor);
    return anchor;
  };
  const click = (anchor: HTMLAnchorElement, init: MouseEventInit = {}): boolean =>
    anchor.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, ...init }));

  it('starts where the page is', () => {
    expect(router.path).toBe('/sign-in');
  });

  it('adds a step, or replaces the one that is shown', () => {
    const before = window.history.length;
    router.go('/register?app_id=a');
    expect(router.path).toBe('/register');
    expect(window.location.search).toBe('?app_id=a');
    expect(window.history.length).toBe(before + 1);
    router.go('/sign-in', { replace: true });
    expect(router.path).toBe('/sign-in');
    expect(window.history.length).toBe(before + 1);
  });

  it('follows the browser back', () => {
    router.go('/register');
    window.history.replaceState(null, '', '/sign-in');
    window.dispatchEvent(new PopStateEvent('popstate'));
    expect(router.path).toBe('/sign-in');
  });

  it('goes back by the history', () => {
    const back = vi.spyOn(window.history, 'back').mockImplementation(() => undefined);
    router.back();
    expect(back).toHaveBeenCalledOnce();
  });

  it('keeps a plain click on one of our links in the page', () => {
    expect(click(linkTo('/register?app_id=a'))).toBe(false);
    expect(router.path).toBe('/register');
  });

  it.each<[string, string, MouseEventInit]>([
    ['with a key held', '/register', { ctrlKey: true }],
    ['with another button', '/register', { button: 1 }],
    ['to another origin', 'https://elsewhere.example/register', {}],
  ])('leaves a click %s to the browser', (_, href, init) => {
    const anchor = linkTo(href);
    let ours: boolean | undefined;
    document.body.addEventListener(
      'click',
      (event) => {
        ours = event.defaultPrevented;
        event.preventDefault();
      },
      { once: true },
    );
    click(anchor, init);
    expect(ours).toBe(false);
    expect(router.path).toBe('/sign-in');
  });
});
