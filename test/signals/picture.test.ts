import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  embedPicture,
  type MeasuredShot,
  measureShots,
  measureWhole,
  paceRise,
} from '../../src/signals/picture.js';
import { PICTURE_FEATURES, SHOT_FEATURES } from '../../src/signals/picture-features.js';
import { readStatistics } from '../../src/signals/statistics.js';
import { filmOf, HEIGHT, plain, type Rgb, type Scene, WIDTH } from './media.js';

const statistics = await readStatistics('models/compact/statistics.json');
const SHOT_COUNT = Object.keys(SHOT_FEATURES).length;

function measureOne(scene: Scene): MeasuredShot['values'] {
  const { shots, frames } = filmOf([scene]);
  return measureShots(frames, shots)[0]!.values;
}

describe('light and colour', () => {
  it('reads the luma of a grey picture and finds neither contrast nor colour in it', () => {
    const values = measureOne(plain(2, [51, 51, 51]));
    expect(values.light).toBeCloseTo(0.2, 5);
    expect(values.contrast).toBeCloseTo(0, 5);
    expect(values.saturation).toBe(0);
    expect(values.warmth).toBe(0);
    expect(values.hueVariety).toBe(0);
  });

  it('finds the largest contrast, the lighting key and the dark share of a chessboard', () => {
    const chess = (x: number, y: number): Rgb => (((x >> 3) ^ (y >> 3)) & 1 ? [0, 0, 0] : [255, 255, 255]);
    const values = measureOne({ seconds: 2, paint: chess });
    expect(values.light).toBeCloseTo(0.5, 2);
    expect(values.contrast).toBeCloseTo(0.5, 2);
    expect(values.lightingKey).toBeCloseTo(0.25, 2);
    expect(values.darkShare).toBeCloseTo(0.5, 2);
  });

  it.each<[string, Rgb, keyof typeof SHOT_FEATURES]>([
    ['red', [200, 0, 0], 'red'],
    ['yellow', [200, 200, 0], 'yellow'],
    ['green', [0, 200, 0], 'green'],
    ['cyan', [0, 200, 200], 'cyan'],
    ['blue', [0, 0, 200], 'blue'],
    ['magenta', [200, 0, 200], 'magenta'],
  ])('puts all of a pure %s into its own sector', (_, colour, sector) => {
    const values = measureOne(plain(2, colour));
    expect(values[sector]).toBeCloseTo(1, 5);
    expect(values.saturation).toBeCloseTo(1, 5);
  });

  it('centres the sectors on their hues: 20° and 340° are both red', () => {
    expect(measureOne(plain(2, [240, 80, 0])).red).toBeCloseTo(1, 5);
    expect(measureOne(plain(2, [240, 0, 80])).red).toBeCloseTo(1, 5);
  });

  it('keeps saturation and warmth the same however dark the same colour is lit', () => {
    const bright = measureOne(plain(2, [240, 160, 80]));
    const dim = measureOne(plain(2, [60, 40, 20]));
    expect(dim.saturation).toBeCloseTo(bright.saturation!, 5);
    expect(dim.warmth).toBeCloseTo(bright.warmth!, 5);
    expect(bright.warmth).toBeCloseTo(160 / 240, 5);
    expect(measureOne(plain(2, [80, 160, 240])).warmth).toBeCloseTo(-160 / 240, 5);
  });

  it('calls one hue uniform and twelve equal hues as various as can be', () => {
    const wheel = (x: number): Rgb => hueToRgb((Math.floor((x * 12) / WIDTH) + 0.5) / 12 - 1 / 12);
    expect(measureOne(plain(2, [200, 30, 30])).hueVariety).toBeCloseTo(0, 5);
    expect(measureOne({ seconds: 2, paint: wheel }).hueVariety).toBeGreaterThan(0.98);
  });

  it('gives colour variance only to pictures whose colours span all three dimensions', () => {
    const spread: Rgb[] = [
      [255, 0, 0],
      [0, 255, 0],
      [0, 0, 255],
      [255, 255, 255],
    ];
    expect(measureOne({ seconds: 2, paint: (x) => [2 * x, 2 * x, 2 * x] }).colourVariance).toBeLessThan(0.5);
    expect(
      measureOne({ seconds: 2, paint: (x) => spread[Math.floor(x / 4) % 4]! }).colourVariance,
    ).toBeGreaterThan(40);
  });

  it('leaves black bars out: a letterboxed film is no darker than the same film without bars', () => {
    const open: Scene = { seconds: 2, paint: () => [180, 120, 60] };
    const boxed: Scene = {
      seconds: 2,
      paint: (_, y) => (y < 10 || y >= HEIGHT - 10 ? [0, 0, 0] : [180, 120, 60]),
    };
    const expected = measureOne(open);
    for (const [name, value] of Object.entries(measureOne(boxed))) {
      expect(value ?? -1).toBeCloseTo(expected[name as keyof typeof expected] ?? -1, 3);
    }
  });
});

describe('motion and texture', () => {
  /** Smooth texture in every direction, moving at a speed in widths a second. */
  const drifting = (speed: number): Scene => ({
    seconds: 2,
    paint: (x, y, t) => {
      const u = x - speed * WIDTH * t;
      const code = Math.round(128 + 50 * Math.sin(u / 3) + 50 * Math.sin((y + u / 2) / 4));
      return [code, code, code];
    },
  });
  const percent = (logarithm: number | null) => 2 ** logarithm! - 1;

  it.each([0, 0.1, 0.4, 1])('measures a picture that drifts by %d of its width a second', (speed) => {
    const measured = percent(measureOne(drifting(speed)).motion);
    expect(Math.abs(measured - 100 * speed)).toBeLessThan(2 + 12 * speed);
  });

  it('measures the speed of a small square on an empty ground', () => {
    const speed = 0.375; // two pixels from frame to frame
    const square: Scene = {
      seconds: 2,
      paint: (x, y, t) => {
        const left = 20 + speed * WIDTH * t;
        const inside = x >= left && x < left + 24 && y >= 20 && y < 44;
        return inside ? [255, 255, 255] : [40, 40, 40];
      },
    };
    const measured = percent(measureOne(square).motion);
    expect(measured).toBeGreaterThan(30);
    expect(measured).toBeLessThan(45);
  });

  it('relates motion to the time gap: twice the gap at the same displacement is half the speed', () => {
    const { shots, frames } = filmOf([drifting(0.2)]);
    const near = percent(measureShots(frames, shots)[0]!.values.motion);
    const stretched = frames.frames.map((info) =>
      info.successorOf < 0 ? info : { ...info, timeSeconds: info.timeSeconds + 1 / 24 },
    );
    const far = percent(measureShots({ ...frames, frames: stretched }, shots)[0]!.values.motion);
    expect(far / near).toBeCloseTo(0.5, 2);
  });

  it('says nothing of motion where no frame has a successor', () => {
    const { shots, frames } = filmOf([drifting(0.2)]);
    const alone = frames.frames.map((info) => ({ ...info, successorOf: -1 }));
    const { values } = measureShots({ ...frames, frames: alone }, shots)[0]!;
    expect(values.motion).toBeNull();
    expect(values.change).toBeNull();
  });

  it('finds the slope of a ramp as texture', () => {
    const ramp = measureOne({ seconds: 2, paint: (x) => [x, x, x] });
    expect(ramp.texture).toBeCloseTo(1 / 255, 4);
  });
});

describe('pace', () => {
  it('gives the length of shots as a cut rate in octaves', () => {
    expect(measureOne(plain(4, [90, 90, 90])).cutRate).toBeCloseTo(-2, 5);
    expect(measureOne(plain(0.5, [90, 90, 90])).cutRate).toBeCloseTo(1, 5);
  });

  it('finds a cut rate that doubles three times over a trailer', () => {
    const scenes: Scene[] = [];
    for (let time = 0; time < 60; ) {
      const seconds = 4 * 2 ** ((-3 * time) / 60);
      scenes.push(plain(seconds, [90, 90, 90]));
      time += seconds;
    }
    const { shots } = filmOf(scenes);
    expect(Math.abs(paceRise(shots)! - 3)).toBeLessThan(0.3);
  });

  it('knows the median, the variation and the neighbours of shots', () => {
    const { shots, frames } = filmOf([
      plain(1, [20, 20, 20]),
      plain(2, [230, 20, 20]),
      plain(6, [230, 20, 20]),
    ]);
    const whole = measureWhole(measureShots(frames, shots));
    expect(whole.medianShotLength).toBeCloseTo(1, 5);
    expect(whole.shotLengthVariation).toBeCloseTo(Math.sqrt(14 / 3) / 3, 5);
    expect(whole.paletteChange).toBeCloseTo(0.5, 5); // all colours change, then none
  });
});

describe('the picture embedding', () => {
  const film = filmOf([
    plain(1, [200, 120, 40]),
    { ...plain(3, [255, 255, 255]), kind: 'CARD' },
    plain(2, [20, 40, 90]),
    { ...plain(1, [0, 0, 0]), kind: 'BLACK' },
    plain(5, [90, 90, 90]),
  ]);

  it('has one moment for each content shot and none for cards and black', () => {
    const { moments } = embedPicture(film, statistics);
    expect(moments.map((moment) => moment.shotIndex)).toEqual([0, 2, 4]);
    expect(moments.map((moment) => [moment.startSeconds, moment.endSeconds])).toEqual([
      [0, 1],
      [4, 6],
      [7, 12],
    ]);
  });

  it('begins with the mean of its moments, each by its seconds, and ends with what only the whole has', () => {
    const { moments, vector } = embedPicture(film, statistics);
    const [first, second, third] = moments.map((moment) => moment.vector);
    for (let k = 0; k < SHOT_COUNT; k++) {
      expect(vector![k]).toBeCloseTo((1 * first![k]! + 2 * second![k]! + 5 * third![k]!) / 8, 5);
    }
    expect(vector).toHaveLength(SHOT_COUNT + Object.keys(PICTURE_FEATURES).length);
  });

  it('counts in deviations from the statistics: one above the mean is 1', () => {
    const { mean, deviation } = statistics.shot.light;
    const code = Math.round(255 * (mean + deviation));
    const { moments } = embedPicture(filmOf([plain(2, [code, code, code])]), statistics);
    expect(Math.abs(moments[0]!.vector[Object.keys(SHOT_FEATURES).indexOf('light')]! - 1)).toBeLessThan(0.02);
  });

  it('marks a missing picture and one without content, never zeroes them', () => {
    const missing = embedPicture({ shots: [], frames: null }, statistics);
    expect(missing).toMatchObject({ vector: null, moments: [], missingReason: 'The file has no picture.' });
    const cards = filmOf([{ ...plain(3, [255, 255, 255]), kind: 'CARD' }]);
    expect(embedPicture(cards, statistics).vector).toBeNull();
    expect(embedPicture(cards, statistics).missingReason).toMatch(/nothing but/);
  });

  it('stays finite and clipped whatever the pixels are', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 48, maxLength: 48 }),
        fc.double({ min: 0.01, max: 300, noNaN: true }),
        (codes, seconds) => {
          const paint = (x: number, y: number): Rgb => {
            const at = 3 * ((x + 5 * y) % 16);
            return [codes[at]!, codes[at + 1]!, codes[at + 2]!];
          };
          const { vector, measures } = embedPicture(filmOf([{ seconds, paint }]), statistics);
          expect(vector!.every((value) => Math.abs(value) <= 3)).toBe(true);
          expect(Object.values(measures).every(Number.isFinite)).toBe(true);
        },
      ),
      { numRuns: 20 },
    );
  });
});

function hueToRgb(hue: number): Rgb {
  const channel = (offset: number) => {
    const place = (((hue * 6 + offset) % 6) + 6) % 6;
    return Math.round(255 * Math.min(1, Math.max(0, Math.abs(place - 3) - 1)));
  };
  return [channel(0), channel(4), channel(2)];
}
