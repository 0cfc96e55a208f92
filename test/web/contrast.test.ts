import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';

const READABLE = 4.5; // WCAG 2.2 AA, text
const VISIBLE = 3; // WCAG 2.2 AA, parts of controls

/** Ink on ground, as the style sheets pair them. */
const TEXTS = [
  ['ink', 'paper'],
  ['ink', 'card'],
  ['soft', 'paper'],
  ['soft', 'card'],
  ['amber', 'paper'],
  ['amber-strong', 'card'],
  ['on-amber', 'amber'],
  ['on-amber', 'amber-strong'],
  ['genre', 'paper'],
  ['mood', 'paper'],
  ['theme', 'paper'],
  ['ink', 'notice-paper'],
  ['ink', 'bad-paper'],
  ['soft', 'bad-paper'],
] as const;
const PARTS = [
  ['field', 'paper'],
  ['field', 'card'],
  ['amber', 'track'],
  ['ink', 'track'],
] as const;

describe.each(['light', 'dark'])('the %s scheme', (scheme) => {
  let colours: Map<string, string>;

  beforeAll(async () => {
    const sheet = await readFile(new URL('../../src/web/page.css', import.meta.url), 'utf8');
    const blocks = [...sheet.matchAll(/:root \{([^}]+)\}/g)].map((match) => match[1] ?? '');
    const block = blocks[scheme === 'light' ? 0 : 1] ?? '';
    colours = new Map(
      [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map((match) => [match[1] ?? '', match[2] ?? '']),
    );
  });

  it.each(TEXTS)('is readable: %s on %s', (ink, ground) => {
    expect(contrast(colours.get(ink), colours.get(ground))).toBeGreaterThanOrEqual(READABLE);
  });

  it.each(PARTS)('shows its parts: %s on %s', (part, ground) => {
    expect(contrast(colours.get(part), colours.get(ground))).toBeGreaterThanOrEqual(VISIBLE);
  });
});

/** WCAG's contrast ratio, 1 … 21. */
function contrast(a = '', b = ''): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
