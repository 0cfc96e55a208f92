import type { Readable } from 'node:stream';
import { Failure } from '../failure.js';
import type { SubtitleTrack } from './decoded.js';
import type { SubtitleFacts } from './facts.js';
import { parseSubtitles } from './subtitles.js';

/** Two hours of dense speech take 200 kB. */
const MAX_BYTES = 4 * 1024 ** 2;

/**
 * An embedded track that ffmpeg writes as SubRip. A track that cannot be read is worth less than the trailer: null.
 * @param zeroSeconds the file's time that is the trailer's zero
 */
export async function readSubtitleText(
  pipe: Readable,
  facts: SubtitleFacts,
  zeroSeconds: number,
): Promise<SubtitleTrack | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of pipe as AsyncIterable<Buffer>) {
    if (bytes < MAX_BYTES) chunks.push(chunk);
    bytes += chunk.length;
  }
  if (bytes === 0 || bytes > MAX_BYTES) return null;
  try {
    const lines = parseSubtitles(Buffer.concat(chunks).toString('utf8'), { fileName: 'embedded.srt' });
    const shifted = lines.map((line) => ({
      ...line,
      startSeconds: Math.max(0, line.startSeconds - zeroSeconds),
      endSeconds: line.endSeconds - zeroSeconds,
    }));
    return {
      origin: 'EMBEDDED',
      language: facts.language,
      lines: shifted.filter((line) => line.endSeconds > line.startSeconds),
    };
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}
