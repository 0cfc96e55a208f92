import type { Measured } from './intervals.js';
import type { ReliabilityBin } from './reliability.js';

/** Of the square that both axes span, and the room around it for the words, in pixels. */
const SIDE = 320;
const ROOM = { left: 56, top: 32, right: 16, bottom: 48 };
const WIDTH = ROOM.left + SIDE + ROOM.right;
const HEIGHT = ROOM.top + SIDE + ROOM.bottom;
const TICKS = [0, 0.25, 0.5, 0.75, 1];

interface Axes {
  title: string;
  x: string;
  y: string;
}

/**
 * What probabilities promised beside what came true, as an SVG: a point a bin, its area by the answers in it, and the diagonal
 * on which promises are kept.
 */
export function reliabilityPlot(bins: readonly ReliabilityBin[], title: string): string {
  const most = Math.max(1, ...bins.map(({ answers }) => answers));
  const points = bins.flatMap(({ probability, share, answers }) =>
    probability === null || share === null ? [] : [{ at: pointAt(probability, share), answers }],
  );
  return plot({ title, x: 'probability', y: 'share that is true' }, [
    `<path d="M${pointAt(0, 0).join()} L${pointAt(1, 1).join()}" stroke="#999" stroke-dasharray="4 4"/>`,
    line(points.map(({ at }) => at)),
    ...points.map(({ at: [x, y], answers }) => {
      const radius = 2 + 6 * Math.sqrt(answers / most);
      return `<circle cx="${x}" cy="${y}" r="${radius.toFixed(1)}" fill="#1f6feb"><title>${answers} answers</title></circle>`;
    }),
  ]);
}

/** How many of the accepted labels are wrong as more of them are taken, the surest first, with intervals. */
export function coverageRiskPlot(curve: Measured['coverageRisk'], title: string): string {
  const told = curve.flatMap(({ coverage, risk: { value, low, high } }) =>
    value === null ? [] : [{ coverage, value, low: low ?? value, high: high ?? value }],
  );
  const band = [
    ...told.map(({ coverage, high }) => pointAt(coverage, high)),
    ...told.toReversed().map(({ coverage, low }) => pointAt(coverage, low)),
  ];
  return plot({ title, x: 'share of the accepted labels, the surest first', y: 'wrong among them' }, [
    band.length > 0
      ? `<polygon points="${band.map((at) => at.join()).join(' ')}" fill="#1f6feb" fill-opacity="0.15"/>`
      : '',
    line(told.map(({ coverage, value }) => pointAt(coverage, value))),
  ]);
}

function plot({ title, x, y }: Axes, marks: readonly string[]): string {
  const [left, bottom] = pointAt(0, 0);
  const [right, top] = pointAt(1, 1);
  const words = 'font-family="sans-serif" font-size="12" fill="#333"';
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<g ${words}>`,
    `<text x="${left}" y="20" font-size="14">${escaped(title)}</text>`,
    `<text x="${(left + right) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${x}</text>`,
    `<text x="14" y="${(top + bottom) / 2}" text-anchor="middle" transform="rotate(-90 14 ${(top + bottom) / 2})">${y}</text>`,
    ...TICKS.flatMap((tick) => [
      `<text x="${pointAt(tick, 0)[0]}" y="${bottom + 16}" text-anchor="middle">${tick}</text>`,
      `<text x="${left - 8}" y="${pointAt(0, tick)[1] + 4}" text-anchor="end">${tick}</text>`,
    ]),
    '</g>',
    '<g fill="none">',
    `<rect x="${left}" y="${top}" width="${right - left}" height="${bottom - top}" stroke="#333"/>`,
    ...marks.filter((mark) => mark !== ''),
    '</g>',
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

function line(points: readonly (readonly [number, number])[]): string {
  if (points.length === 0) return '';
  return `<polyline points="${points.map((at) => at.join()).join(' ')}" stroke="#1f6feb" stroke-width="2"/>`;
}

function pointAt(x: number, y: number): [number, number] {
  const tenth = (value: number) => Math.round(value * 10) / 10;
  return [tenth(ROOM.left + SIDE * x), tenth(ROOM.top + SIDE * (1 - y))];
}

const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
