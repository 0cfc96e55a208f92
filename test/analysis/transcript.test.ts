import { describe, expect, it } from 'vitest';
import { chooseTranscript, recognisedTranscript } from '../../src/analysis/transcript.js';
import type { SubtitleTrack } from '../../src/media/decoded.js';
import type { TimedLine } from '../../src/media/timed-line.js';

const line = (text: string, startSeconds: number, kind: TimedLine['kind'] = 'SPEECH'): TimedLine => ({
  startSeconds,
  endSeconds: startSeconds + 2,
  text,
  kind,
  speaker: null,
});
const track = (
  origin: SubtitleTrack['origin'],
  language: string | null,
  ...lines: TimedLine[]
): SubtitleTrack => ({ origin, language, lines });

describe('the transcript that is chosen', () => {
  it('comes from a sidecar before an embedded track before platform captions', () => {
    const sidecar = track('SIDECAR', null, line('from the sidecar', 1));
    const embedded = track('EMBEDDED', 'en', line('from the file', 1), line('more', 3));
    const platform = track('PLATFORM', 'en', line('from the platform', 1));
    expect(chooseTranscript([platform, embedded, sidecar], 60).origin).toBe('SIDECAR');
    expect(chooseTranscript([platform, embedded], 60).origin).toBe('EMBEDDED');
    expect(chooseTranscript([platform], 60).origin).toBe('PLATFORM');
  });

  it('prefers English among tracks of one origin, and the one with more speech among those', () => {
    const german = track('EMBEDDED', 'de', line('eins', 1), line('zwei', 3), line('drei', 5));
    const short = track('EMBEDDED', 'en', line('one', 1));
    const long = track('EMBEDDED', 'en', line('one', 1), line('two', 3));
    expect(chooseTranscript([german, short, long], 60).lines.map(({ text }) => text)).toEqual(['one', 'two']);
  });

  it('skips a better origin that has no spoken line', () => {
    const music = track('SIDECAR', 'en', line('♪ la la ♪', 1, 'MUSIC'));
    const embedded = track('EMBEDDED', 'en', line('words', 1));
    expect(chooseTranscript([music, embedded], 60).origin).toBe('EMBEDDED');
  });

  it('drops lines behind the end of the trailer and cuts the one over it', () => {
    const { lines } = chooseTranscript(
      [track('SIDECAR', 'en', line('in', 1), line('over', 9), line('out', 11))],
      10,
    );
    expect(lines.map(({ text, endSeconds }) => [text, endSeconds])).toEqual([
      ['in', 3],
      ['over', 10],
    ]);
  });

  it('is empty, without an origin, when no track has words', () => {
    expect(chooseTranscript([], 60)).toEqual({ lines: [], language: null, origin: null });
  });
});

describe('the transcript that was recognised', () => {
  const spoken = (startSeconds: number) => ({
    startSeconds,
    endSeconds: startSeconds + 2,
    text: 'Run.',
    kind: 'SPEECH' as const,
    speaker: null,
    confidence: 0.7,
  });
  const heard = (...lines: ReturnType<typeof spoken>[]) => ({
    lines,
    language: 'en',
    languageProbability: 0.9,
    speechShare: 0.2,
    windows: 1,
    gate: 'silero' as const,
  });

  it('keeps how sure the recogniser was, and ends with the trailer', () => {
    expect(recognisedTranscript(heard(spoken(1), spoken(9), spoken(11)), 10)).toEqual({
      lines: [spoken(1), { ...spoken(9), endSeconds: 10 }],
      language: 'en',
      origin: 'RECOGNISER',
    });
  });

  it('is empty, without language or origin, when nothing was said or nothing listened', () => {
    const empty = { lines: [], language: null, origin: null };
    expect(recognisedTranscript(heard(), 10)).toEqual(empty);
    expect(recognisedTranscript(null, 10)).toEqual(empty);
  });
});
