import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/failure.js';
import { parseSubtitles } from '../../src/media/subtitles.js';

const speech = (startSeconds: number, endSeconds: number, text: string, speaker: string | null = null) => ({
  startSeconds,
  endSeconds,
  text,
  kind: 'SPEECH',
  speaker,
});

describe('formats', () => {
  test('SubRip gives its lines, with markup gone and rows joined', () => {
    const srt =
      '1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>What brings you</i>\r\nto {\\an8}the land?\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nTom &amp; Anna\r\n';
    expect(parseSubtitles(srt)).toEqual([
      speech(1, 2.5, 'What brings you to the land?'),
      speech(3, 4, 'Tom & Anna'),
    ]);
  });

  test('WebVTT gives its cues without notes, styles and settings, and knows who speaks', () => {
    const vtt =
      'WEBVTT - a trailer\n\nNOTE nothing\nto see\n\nSTYLE\n::cue { color: red }\n\nid-1\n00:01.000 --> 00:02.000 align:start position:10%\n<v Anna>Come <c.yellow>here</c>.\n\n01:00:01.000 --> 01:00:02.000\nLate.\n';
    expect(parseSubtitles(vtt)).toEqual([speech(1, 2, 'Come here.', 'Anna'), speech(3601, 3602, 'Late.')]);
  });

  test('ASS gives its dialogue in the order of fields that its Format line names, without drawings', () => {
    const ass =
      '[Script Info]\nTitle: x\n\n[Events]\nFormat: Layer, Start, End, Name, Text\nDialogue: 0,0:00:01.50,0:00:03.00,Bob,{\\b1}No,\\N never.\nDialogue: 0,0:00:04.00,0:00:05.00,,{\\p1}m 0 0 l 9 9{\\p0}\nComment: 0,0:00:06.00,0:00:07.00,,hidden\n';
    expect(parseSubtitles(ass)).toEqual([speech(1.5, 3, 'No, never.', 'Bob')]);
  });
});

test.each([
  ['UTF-8 with a mark', Buffer.from('\uFEFF1\n00:00:01,000 --> 00:00:02,000\nCafé\n', 'utf8'), 'Café'],
  ['UTF-16 with a mark', Buffer.from('\uFEFF1\n00:00:01,000 --> 00:00:02,000\nCafé\n', 'utf16le'), 'Café'],
  ['UTF-16 without a mark', Buffer.from('1\n00:00:01,000 --> 00:00:02,000\nCafé\n', 'utf16le'), 'Café'],
  ['Latin-1', Buffer.from('1\n00:00:01,000 --> 00:00:02,000\nCafé für Señor\n', 'latin1'), 'Café für Señor'],
  [
    'Windows-1252 quotes',
    Buffer.from([...Buffer.from('1\n00:00:01,000 --> 00:00:02,000\n'), 0x93, 0x4e, 0x6f, 0x94]),
    '“No”',
  ],
  [
    'Windows-1251',
    Buffer.from([...Buffer.from('1\n00:00:01,000 --> 00:00:02,000\n'), 0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]),
    'Привет',
  ],
])('%s is read as what it is', (_name, bytes, text) => {
  expect(parseSubtitles(bytes).map((line) => line.text)).toEqual([text]);
});

describe('what is not speech is kept apart', () => {
  const only = (text: string) =>
    parseSubtitles(`1\n00:00:01,000 --> 00:00:02,000\n${text}\n`).map(({ text, kind, speaker }) => ({
      text,
      kind,
      speaker,
    }));

  test.each([
    ['[door slams]', [{ text: 'door slams', kind: 'SOUND', speaker: null }]],
    [
      '(sighs) I know.',
      [
        { text: 'sighs', kind: 'SOUND', speaker: null },
        { text: 'I know.', kind: 'SPEECH', speaker: null },
      ],
    ],
    ['[dramatic music]', [{ text: 'dramatic music', kind: 'MUSIC', speaker: null }]],
    ['♪ We are the champions ♪', [{ text: 'We are the champions', kind: 'MUSIC', speaker: null }]],
    ['♪♪', [{ text: '♪', kind: 'MUSIC', speaker: null }]],
    ['ANNA: Come here.', [{ text: 'Come here.', kind: 'SPEECH', speaker: 'Anna' }]],
    [
      '[SHAMAN] This blade has a dark past.',
      [{ text: 'This blade has a dark past.', kind: 'SPEECH', speaker: 'Shaman' }],
    ],
    [
      '- Where?\n- There!',
      [
        { text: 'Where?', kind: 'SPEECH', speaker: null },
        { text: 'There!', kind: 'SPEECH', speaker: null },
      ],
    ],
    ['We have one rule: run.', [{ text: 'We have one rule: run.', kind: 'SPEECH', speaker: null }]],
  ])('%s', (text, lines) => {
    expect(only(text)).toEqual(lines);
  });
});

describe('broken times', () => {
  test('an end before its start is replaced by a usual length that stops at the next line', () => {
    const srt = '1\n00:00:05,000 --> 00:00:01,000\nA\n\n2\n00:00:06,000 --> 00:00:07,000\nB\n';
    expect(parseSubtitles(srt)).toEqual([speech(5, 6, 'A'), speech(6, 7, 'B')]);
  });

  test('lines out of order are put in order', () => {
    const srt = '1\n00:00:09,000 --> 00:00:10,000\nB\n\n2\n00:00:01,000 --> 00:00:02,000\nA\n';
    expect(parseSubtitles(srt).map((line) => line.text)).toEqual(['A', 'B']);
  });

  test.each([
    ['a time that is none', '1\n00:00:0x,000 --> 00:00:02,000\nA\n', 'Line 2'],
    ['a later one', '1\n00:00:01,000 --> 00:00:02,000\nA\n\n2\nsoon --> later\nB\n', 'Line 6'],
    [
      'an ASS line that lacks fields',
      '[Events]\nFormat: Layer, Start, End, Style, Text\nDialogue: 0,0:00:01.00\n',
      'Line 3',
    ],
    ['prose', 'Once upon a time.\n', 'line 1'],
    ['nothing', '', 'line 1'],
  ])('%s is refused with the number of its line', (_name, text, where) => {
    expect(() => parseSubtitles(text)).toThrowError(
      expect.objectContaining({ code: 'SUBTITLES_INVALID', message: expect.stringContaining(where) }),
    );
  });
});

test('any text gives lines in order with positive lengths, or a failure with its code', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '00:00:01,000 --> 00:00:02,000',
      'WEBVTT',
      'Dialogue:',
      '[',
      ']',
      '♪',
      '-->',
      '\n',
      '\n\n',
      'A:',
      '<v B>',
      '&#x41;',
    ),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      try {
        const lines = parseSubtitles(pieces.join('\n'));
        for (const [i, line] of lines.entries()) {
          expect(line.endSeconds).toBeGreaterThan(line.startSeconds);
          expect(line.startSeconds).toBeGreaterThanOrEqual(lines[i - 1]?.startSeconds ?? 0);
          expect(line.text.trim()).not.toBe('');
        }
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        expect(error.code).toBe('SUBTITLES_INVALID');
      }
    }),
    { seed: 1, numRuns: 500 },
  );
});
