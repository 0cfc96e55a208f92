import { Failure } from '../failure.js';

/** Containers that are read, by ffmpeg's demuxer names. None of them can name another file that is then opened. */
export const FORMATS = [
  'mov',
  'matroska',
  'avi',
  'mpegts',
  'mpeg',
  'flv',
  'ogg',
  'asf',
  'wav',
  'mp3',
  'flac',
  'aac',
] as const;

/** Codecs that trailers come in; anything else stays closed, so that rare decoders are never reached. */
export const VIDEO_CODECS = new Set([
  'h264', 'hevc', 'av1', 'vp8', 'vp9', 'mpeg1video', 'mpeg2video', 'mpeg4', 'msmpeg4v2', 'msmpeg4v3', 'h263', 'flv1', 'vp6', 'vp6f',
  'wmv1', 'wmv2', 'wmv3', 'vc1', 'theora', 'mjpeg', 'prores', 'dnxhd', 'dvvideo', 'ffv1', 'rawvideo',
]); // biome-ignore format: one glance

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: magic numbers are control characters.
/** Why a file is refused at its first bytes, in the words that follow "This is". */
const REFUSED: readonly [RegExp, string][] = [
  [/^\s*#EXTM3U/, 'a playlist'],
  [/^\s*ffconcat/, 'a concat script'],
  [/^\s*file\s+\S/, 'a concat script'],
  [
    /^\s*(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)?(<!DOCTYPE[^>]*>\s*)?<(svg|MPD|smil|SmoothStreamingMedia)/i,
    'an XML document',
  ],
  [/^\s*<(!doctype|html)/i, 'a web page'],
  [/^\s*\[playlist\]/i, 'a playlist'],
  [/^PK\x03\x04/, 'a zip archive'],
  [/^\x1f\x8b/, 'a gzip archive'],
  [/^7z\xbc\xaf/, 'a 7z archive'],
  [/^Rar!/, 'a rar archive'],
  [/^%PDF/, 'a PDF document'],
  [/^\x89PNG|^\xff\xd8\xff|^GIF8|^RIFF....WEBP|^BM/s, 'a picture'],
  [/^WEBVTT/, 'a subtitle file'],
  [/^\s*\[Script Info\]/i, 'a subtitle file'],
];

const ACCEPTED: readonly RegExp[] = [
  /^.{4}(ftyp|moov|mdat|free|skip|wide|pnot|uuid|styp|sidx|moof)/s, // ISO base media and QuickTime
  /^\x1a\x45\xdf\xa3/, // Matroska and WebM
  /^(RIFF|RF64|RIFX)/, // AVI and WAVE
  /^G.{187}G/s, // MPEG transport stream: a sync byte each 188 bytes
  /^.{4}G.{191}G/s, // the same with time codes: 192 bytes
  /^\x00\x00\x01[\xba\xb3\xe0]/, // MPEG program and elementary stream
  /^FLV\x01/,
  /^OggS/,
  /^\x30\x26\xb2\x75/, // ASF: WMV
  /^ID3|^\xff[\xe0-\xff]/, // MP3 and ADTS AAC
  /^fLaC/,
];

// biome-ignore-end lint/suspicious/noControlCharactersInRegex: magic numbers end here.

/** How many bytes `refuseForeignFormat` wants to see. */
export const SNIFF_BYTES = 1024;

/**
 * Looks at a file's first bytes before any demuxer does: what a name claims is worth nothing.
 * @param head the first `SNIFF_BYTES` bytes, or the whole file where it is shorter
 * @throws Failure SOURCE_EMPTY, MEDIA_FORMAT_FORBIDDEN, MEDIA_UNREADABLE
 */
export function refuseForeignFormat(head: Uint8Array): void {
  if (head.length === 0) throw new Failure('SOURCE_EMPTY', 'The file is empty. Send it again.');
  const text = Buffer.from(head).toString('latin1');
  const refused = REFUSED.find(([pattern]) => pattern.test(text));
  if (refused) {
    throw new Failure(
      'MEDIA_FORMAT_FORBIDDEN',
      `This is ${refused[1]}, not a video. Send an MP4, MKV, WebM, MOV, AVI or MPEG file.`,
    );
  }
  if (!ACCEPTED.some((pattern) => pattern.test(text))) {
    throw new Failure(
      'MEDIA_UNREADABLE',
      'This file is not a video that can be read. Send an MP4, MKV, WebM, MOV, AVI or MPEG file.',
    );
  }
}
