import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const table = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');
const colours = new Map(
  [...table.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name = '', light = '', dark = '']) => [
    name,
    { light, dark },
  ]),
);

const channel = (value: number): number => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);

/** Relative luminance as WCAG 2.2 defines it. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => channel(parseInt(hex.slice(at, at + 2), 16) / 255));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [high = 0, low = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

const grounds = ['ground', 'raised', 'sunken'];
const states = ['serving', 'degraded', 'not-serving', 'unknown', 'changing'];
const texts = ['text', 'text-quiet', 'accent', ...states];
const pairs = [
  ...texts.flatMap((text) => grounds.map((ground) => ({ text, ground, least: 4.5 }))),
  ...states.flatMap((state) => [
    { text: state, ground: `${state}-ground`, least: 4.5 },
    { text: 'text', ground: `${state}-ground`, least: 4.5 },
    { text: 'text-quiet', ground: `${state}-ground`, least: 4.5 },
  ]),
  { text: 'accent', ground: 'accent-ground', least: 4.5 },
  { text: 'text', ground: 'accent-ground', least: 4.5 },
  { text: 'text-quiet', ground: 'accent-ground', least: 4.5 },
  { text: 'on-accent', ground: 'accent', least: 4.5 },
  ...grounds.map((ground) => ({ text: 'line-strong', ground, least: 3 })),
];

describe('the table of colours', () => {
  for (const { text, ground, least } of pairs)
    it(`has ${text} on ${ground} at ${least} to 1 or more, light and dark`, () => {
      const [front, back] = [colours.get(text), colours.get(ground)];
      if (front === undefined || back === undefined) throw new Error('no such colour');
      expect(contrast(front.light, back.light)).toBeGreaterThanOrEqual(least);
      expect(contrast(front.dark, back.dark)).toBeGreaterThanOrEqual(least);
    });
});
