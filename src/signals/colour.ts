import type { Area } from './picture-area.js';

/** Sectors of the hue circle, 60° each, centred on 0°, 60°, … 300°. */
export const HUE_SECTORS = ['red', 'yellow', 'green', 'cyan', 'blue', 'magenta'] as const;

const HUE_BINS = 12; // 30° each
const DARK_LUMA = 0.2; // gamma-coded luma below it reads as dark on a screen
const PALETTE_LEVELS = 4; // a channel; 4 × 4 × 4 = 64 colours
const PALETTE_COLOURS = PALETTE_LEVELS ** 3;

/** Running sums over the pixels of some frames; every measure of light and colour is made from them. */
export interface ColourSums {
  pixels: number;
  luma: number;
  lumaSquared: number;
  dark: number;
  /** Sum of HSV value, max(R, G, B). */
  value: number;
  /** Sum of chroma, max(R, G, B) − min(R, G, B). */
  chroma: number;
  redMinusBlue: number;
  /** Chroma by hue, HUE_BINS bins that begin at −15°. */
  hues: Float64Array;
  /** Pixel counts by coarse RGB colour. */
  palette: Float64Array;
  /** n, ΣL, Σu, Σv, ΣLL, Σuu, Σvv, ΣLu, ΣLv, Σuv in CIE L*u*v*, of every second pixel both ways. */
  luv: Float64Array;
}

export function emptySums(): ColourSums {
  return {
    pixels: 0,
    luma: 0,
    lumaSquared: 0,
    dark: 0,
    value: 0,
    chroma: 0,
    redMinusBlue: 0,
    hues: new Float64Array(HUE_BINS),
    palette: new Float64Array(PALETTE_COLOURS),
    luv: new Float64Array(10),
  };
}

/** Adds the pixels of one RGB24 frame (row after row, `width` pixels a row) that lie inside `area`. */
export function addFrame(sums: ColourSums, rgb: Uint8Array, width: number, area: Area): void {
  for (let y = area.top; y < area.bottom; y++) {
    for (let x = area.left; x < area.right; x++) {
      const at = (y * width + x) * 3;
      const r = rgb[at]!;
      const g = rgb[at + 1]!;
      const b = rgb[at + 2]!;
      addPixel(sums, r, g, b);
      if (((x | y) & 1) === 0) addLuv(sums.luv, r, g, b);
    }
  }
}

/** Light and colour of the pixels summed; shares and luma are 0 … 1. */
export interface ColourMeasures {
  light: number;
  contrast: number;
  lightingKey: number;
  darkShare: number;
  saturation: number;
  warmth: number;
  hueVariety: number;
  colourVariance: number;
  /** Chroma in each of HUE_SECTORS over Σ value; their sum is `saturation`. */
  sectors: number[];
}

/** The formulas are in docs/signals.md, "Picture". */
export function colourMeasures(sums: ColourSums): ColourMeasures {
  const pixels = Math.max(1, sums.pixels);
  const light = sums.luma / pixels;
  const contrast = Math.sqrt(Math.max(0, sums.lumaSquared / pixels - light * light));
  const value = Math.max(sums.value, 1e-9 * pixels);
  return {
    light,
    contrast,
    lightingKey: light * contrast,
    darkShare: sums.dark / pixels,
    saturation: sums.chroma / value,
    warmth: sums.redMinusBlue / value,
    hueVariety: entropy(sums.hues),
    colourVariance: luvSpread(sums.luv),
    sectors: HUE_SECTORS.map((_, i) => (sums.hues[2 * i]! + sums.hues[2 * i + 1]!) / value),
  };
}

/** Half the L1 distance of two palettes: 0 for the same shares of colours, 1 for no colour in common. */
export function paletteDistance(a: ColourSums, b: ColourSums): number {
  let distance = 0;
  for (let i = 0; i < PALETTE_COLOURS; i++) {
    distance += Math.abs(a.palette[i]! / Math.max(1, a.pixels) - b.palette[i]! / Math.max(1, b.pixels));
  }
  return distance / 2;
}

function addPixel(sums: ColourSums, r: number, g: number, b: number): void {
  const luma = lumaOf(r, g, b);
  const max = r > g ? (r > b ? r : b) : g > b ? g : b;
  const min = r < g ? (r < b ? r : b) : g < b ? g : b;
  const chroma = max - min;
  sums.pixels++;
  sums.luma += luma;
  sums.lumaSquared += luma * luma;
  if (luma < DARK_LUMA) sums.dark++;
  sums.value += max / 255;
  sums.redMinusBlue += (r - b) / 255;
  sums.palette[((r >> 6) * PALETTE_LEVELS + (g >> 6)) * PALETTE_LEVELS + (b >> 6)]!++;
  if (chroma === 0) return;
  sums.chroma += chroma / 255;
  sums.hues[hueBin(r, g, b, max, chroma)]! += chroma / 255;
}

/** Gamma-coded luma 0 … 1 with the weights of ITU-R BT.709. */
export function lumaOf(r: number, g: number, b: number): number {
  return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
}

/** Bins of 30° from −30° on, so that bins 2i and 2i + 1 make up the sector around i · 60°. */
function hueBin(r: number, g: number, b: number, max: number, chroma: number): number {
  let sixth = 0; // hue in sixths of the circle
  if (max === r) sixth = (g - b) / chroma;
  else if (max === g) sixth = 2 + (b - r) / chroma;
  else sixth = 4 + (r - g) / chroma;
  return Math.floor((sixth + 0.5 + 6) * 2) % HUE_BINS;
}

/** Entropy of the shares over the largest possible, 0 … 1; 0 where there is nothing. */
function entropy(amounts: Float64Array): number {
  let total = 0;
  for (const amount of amounts) total += amount;
  if (total <= 0) return 0;
  let bits = 0;
  for (const amount of amounts) if (amount > 0) bits -= (amount / total) * Math.log(amount / total);
  return bits / Math.log(amounts.length);
}

// sRGB (IEC 61966-2-1) to linear light
const LINEAR = Float64Array.from({ length: 256 }, (_, code) => {
  const share = code / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
});

// CIE 1976 lightness by luminance, in steps fine enough that L* is off by less than 0.1
const LIGHTNESS_STEPS = 8192;
const LIGHTNESS = Float64Array.from({ length: LIGHTNESS_STEPS + 1 }, (_, step) => {
  const luminance = step / LIGHTNESS_STEPS;
  return luminance > (6 / 29) ** 3 ? 116 * Math.cbrt(luminance) - 16 : (29 / 3) ** 3 * luminance;
});
const WHITE_U = 0.19783; // u′ of D65
const WHITE_V = 0.46834; // v′ of D65

function addLuv(luv: Float64Array, red: number, green: number, blue: number): void {
  const r = LINEAR[red]!;
  const g = LINEAR[green]!;
  const b = LINEAR[blue]!;
  const x = 0.4124 * r + 0.3576 * g + 0.1805 * b;
  const y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  const z = 0.0193 * r + 0.1192 * g + 0.9505 * b;
  const lightness = LIGHTNESS[Math.round(Math.min(1, y) * LIGHTNESS_STEPS)]!;
  const sum = x + 15 * y + 3 * z;
  const u = sum > 0 ? 13 * lightness * ((4 * x) / sum - WHITE_U) : 0;
  const v = sum > 0 ? 13 * lightness * ((9 * y) / sum - WHITE_V) : 0;
  luv[0]!++;
  luv[1]! += lightness;
  luv[2]! += u;
  luv[3]! += v;
  luv[4]! += lightness * lightness;
  luv[5]! += u * u;
  luv[6]! += v * v;
  luv[7]! += lightness * u;
  luv[8]! += lightness * v;
  luv[9]! += u * v;
}

/**
 * Generalised variance of the colours in L*u*v* (Rasheed & Shah 2005, "colour variance": the determinant of the
 * covariance matrix), as its sixth root, which is the geometric mean of the three deviations in L*u*v* units.
 */
function luvSpread(luv: Float64Array): number {
  const n = luv[0]!;
  if (n === 0) return 0;
  const [ml, mu, mv] = [luv[1]! / n, luv[2]! / n, luv[3]! / n];
  const ll = luv[4]! / n - ml * ml;
  const uu = luv[5]! / n - mu * mu;
  const vv = luv[6]! / n - mv * mv;
  const lu = luv[7]! / n - ml * mu;
  const lv = luv[8]! / n - ml * mv;
  const uv = luv[9]! / n - mu * mv;
  const determinant = ll * (uu * vv - uv * uv) - lu * (lu * vv - uv * lv) + lv * (lu * uv - uu * lv);
  return Math.max(0, determinant) ** (1 / 6);
}
