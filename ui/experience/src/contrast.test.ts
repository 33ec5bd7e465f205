import { describe, expect, it } from 'vitest';
import { contrast, formatColour, inkOn, parseColour, readableOn, type Rgb } from './contrast';

const colour = (text: string): Rgb => {
  const parsed = parseColour(text);
  if (!parsed) throw new Error(`not a colour: ${text}`);
  return parsed;
};

it.each([
  ['#fff', [255, 255, 255]],
  ['#0F3d3e', [15, 61, 62]],
  [' #123456 ', [18, 52, 86]],
  ['red', undefined],
  ['#12345', undefined],
  ['#fffffff', undefined],
  ['url(x)', undefined],
])('parseColour(%j)', (text, expected) => expect(parseColour(text)).toEqual(expected));

it('measures contrast as WCAG does', () => {
  expect(contrast(colour('#000'), colour('#fff'))).toBeCloseTo(21, 5);
  expect(contrast(colour('#777'), colour('#fff'))).toBeCloseTo(4.48, 2);
  expect(contrast(colour('#fff'), colour('#777'))).toBeCloseTo(4.48, 2);
});

describe('inkOn', () => {
  it.each([
    ['#0f3d3e', '#ffffff'],
    ['#3b3fce', '#ffffff'],
    ['#ffffff', '#000000'],
    ['#ffd400', '#000000'],
    ['#8b85ff', '#000000'],
  ])('on %s is %s', (background, ink) => expect(formatColour(inkOn(colour(background)))).toBe(ink));

  it('can be read on every colour', () => {
    for (let r = 0; r <= 255; r += 15)
      for (let g = 0; g <= 255; g += 15)
        for (let b = 0; b <= 255; b += 15) {
          const background: Rgb = [r, g, b];
          expect(contrast(inkOn(background), background)).toBeGreaterThanOrEqual(4.5);
        }
  });
});

describe('readableOn', () => {
  it('leaves a colour that can be read alone', () => {
    expect(formatColour(readableOn(colour('#0f3d3e'), colour('#fff')))).toBe('#0f3d3e');
  });

  it.each([
    ['#ffd400', '#ffffff'],
    ['#ffffff', '#ffffff'],
    ['#000000', '#1b1b1f'],
    ['#3b3fce', '#202025'],
  ])('makes %s readable on %s', (text, surface) => {
    expect(contrast(readableOn(colour(text), colour(surface)), colour(surface))).toBeGreaterThanOrEqual(4.5);
  });
});
