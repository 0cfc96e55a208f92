import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HOP, WINDOW_FRAMES } from '../../../src/signals/speech/log-mel.js';
import { sourceStretch, speechReel } from '../../../src/signals/speech/reel.js';

/** Islands of 0.5 to 40 s, 0.5 to 3 s apart, and a sound of counting samples that holds them. */
const sounds = fc
  .array(fc.record({ gap: fc.integer({ min: 50, max: 300 }), frames: fc.integer({ min: 50, max: 4000 }) }), {
    minLength: 1,
    maxLength: 5,
  })
  .map((parts) => {
    let frame = 0;
    const islands = parts.map(({ gap, frames }) => {
      const startSeconds = (frame + gap) / 100;
      frame += gap + frames;
      return { startSeconds, endSeconds: frame / 100 };
    });
    return { islands, samples: Float32Array.from({ length: (frame + 100) * HOP }, (_, i) => i) };
  });

test('windows hold whole islands, in order, all of them, at most 30 s where an island is no longer itself', () => {
  fc.assert(
    fc.property(sounds, ({ islands, samples }) => {
      const { clips, pieces, samples: reel } = speechReel(samples, islands);
      expect(reel.length).toBe(pieces.reduce((sum, piece) => sum + piece.frames, 0) * HOP);
      expect(clips[0]!.startFrame).toBe(0);
      expect(clips.at(-1)!.endFrame * HOP).toBe(reel.length);
      for (const [i, clip] of clips.entries()) {
        if (i > 0) expect(clip.startFrame).toBe(clips[i - 1]!.endFrame);
        const inside = pieces.filter(
          ({ reelFrame, frames }) => reelFrame >= clip.startFrame && reelFrame + frames <= clip.endFrame,
        );
        expect(inside.reduce((sum, piece) => sum + piece.frames, 0)).toBe(clip.endFrame - clip.startFrame);
        if (inside.length > 1) expect(clip.endFrame - clip.startFrame).toBeLessThanOrEqual(WINDOW_FRAMES);
      }
    }),
    { numRuns: 12, seed: 2 },
  );
});

test('every moment of the reel is at the place of the sound that it was cut from', () => {
  fc.assert(
    fc.property(sounds, fc.double({ min: 0, max: 0.999, noNaN: true }), ({ islands, samples }, share) => {
      const reel = speechReel(samples, islands);
      const frame = Math.floor(share * (reel.samples.length / HOP));
      const stretch = { startSeconds: frame / 100, endSeconds: (frame + 1) / 100 };
      const place = sourceStretch(reel, stretch)!;
      expect(Math.round(place.startSeconds * 100) * HOP).toBe(reel.samples[frame * HOP]);
      expect(place.endSeconds - place.startSeconds).toBeCloseTo(0.01, 6);
    }),
    { numRuns: 12, seed: 4 },
  );
});

test('a line lies over the islands that it says something in, not over those that its times only graze', () => {
  const islands = [
    { startSeconds: 10, endSeconds: 14 },
    { startSeconds: 50, endSeconds: 54 },
    { startSeconds: 90, endSeconds: 94 },
  ];
  const reel = speechReel(new Float32Array(16_000 * 100), islands);
  const place = (startSeconds: number, endSeconds: number) =>
    sourceStretch(reel, { startSeconds, endSeconds });
  expect(place(1, 4.3)).toEqual({ startSeconds: 11, endSeconds: 14 });
  expect(place(3.7, 6)).toEqual({ startSeconds: 50, endSeconds: 52 });
  expect(place(2, 6)).toEqual({ startSeconds: 12, endSeconds: 52 });
  expect(place(10, 20)).toEqual({ startSeconds: 92, endSeconds: 94 });
  expect(place(12, 15)).toBeNull();
});

test('a sound without speech makes an empty reel', () => {
  expect(speechReel(new Float32Array(16_000), [])).toEqual({
    samples: new Float32Array(0),
    clips: [],
    pieces: [],
  });
});
