/** Plain signs of our own for the providers everybody knows, by target: paths of lines in a square of 20. */
const SIGNS: Readonly<Record<string, string>> = {
  google: 'M15.4 5.6A7 7 0 1 0 17 10h-6.5',
  github:
    'M6 7.5v5M6 7.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4Zm0 9a2 2 0 1 0 0-4 2 2 0 0 0 0 4Zm8-9a2 2 0 1 0 0-4 2 2 0 0 0 0 4Zm0 0c0 3-2.5 3.6-6 4.6',
  apple:
    'M10 6.5C8 5 4 5.5 4 10c0 4 2.5 7 4.2 7 .8 0 1-.5 1.8-.5s1 .5 1.8.5C13.5 17 16 14 16 10c0-4.5-4-5-6-3.5Zm0 0C10 4.5 11 3 13 2.5',
  facebook: 'M9 17V7.5C9 5 10.5 3.5 14 4M6 10h7',
  azuread: 'M3.5 3.5h5.5v5.5h-5.5Zm7.5 0h5.5v5.5h-5.5Zm-7.5 7.5h5.5v5.5h-5.5Zm7.5 0h5.5v5.5h-5.5Z',
  discord: 'M3 5.5a2 2 0 0 1 2-2h10a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2h-4l-4 3v-3H5a2 2 0 0 1-2-2ZM7.5 8v1.5M12.5 8v1.5',
  gitlab: 'M10 17 3 10.5 5 4l2 5h6l2-5 2 6.5Z',
  linkedin: 'M5 8.5V16M5 4.5v.5M9.5 16V8.5M9.5 12c0-4.5 6-4.5 6 0v4',
  slack: 'M7.5 3v14M12.5 3v14M3 7.5h14M3 12.5h14',
  x: 'M4 4l12 12M16 4 4 16',
};

/** The sign of a target; `undefined` for one that nobody knows. */
export const signOf = (target: string): string | undefined => SIGNS[target];

/** The sign of an enterprise factory, which is that of the provider behind it. */
export const signOfFactory = (id: string): string | undefined =>
  signOf({ AzureAdOidc: 'azuread', GoogleWorkspace: 'google' }[id] ?? '');
