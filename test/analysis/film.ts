import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Words with known times; the third line is the one that decides. */
export const SUBTITLES = `1
00:00:00,500 --> 00:00:02,000
Once there were three of us.

2
00:00:03,200 --> 00:00:05,000
They murdered my brother.

3
00:00:06,100 --> 00:00:08,400
I will hunt his killers down and take my revenge.
`;

/**
 * A film of 9 s with sound: colour bars, a moving test picture, a dark noise; hard cuts at 3 s and 6 s.
 *
 * @param salt makes the content another one: its hash differs
 */
export async function renderFilm(file: string, salt = 0): Promise<string> {
  const size = `size=${320 + 2 * salt}x180:rate=25`;
  const scenes = [`smptebars=${size}:d=3`, `testsrc2=${size}:d=3`, `color=c=0x101018:${size}:d=3`];
  const argv = [
    ...['-v', 'error', '-y'],
    ...scenes.flatMap((scene) => ['-f', 'lavfi', '-i', scene]),
    ...['-f', 'lavfi', '-i', `sine=frequency=${220 + salt}:duration=9`],
    ...['-filter_complex', '[0:v][1:v][2:v]concat=n=3:v=1:a=0[v]', '-map', '[v]', '-map', '3:a'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', file],
  ];
  await promisify(execFile)('ffmpeg', argv);
  return file;
}
