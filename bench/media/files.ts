import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ffmpeg } from './films.js';

/** The three trailers that lie beside the checkout, where they do. */
const SHARED = fileURLToPath(new URL('../../../../shared/media/', import.meta.url));
const TRAILERS = ['sintel-trailer.mp4', 'big-buck-bunny-trailer.webm', 'tears-of-steel-clip.webm'];

const SECONDS = 150;
/** One generator after the other, each for as many seconds, with grain and sound, so that nothing is too easy. */
const SCENE_SECONDS = [3, 5, 2, 4, 6, 2.5, 7.5];

/** Trailers and synthesised films of 150 s: the usual case, the heavy one, and those that help least. */
export async function sampleFiles(folder: string): Promise<{ name: string; file: string }[]> {
  const master = path.join(folder, 'master.mkv');
  await renderMaster(master);
  const sound = ['-map', '0:v', '-map', '0:a', '-c:a', 'aac'];
  const h264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-b:v', '6M'];
  const films: [string, string, string[]][] = [
    ['1080p30 H.264', 'h264.mp4', [...sound, ...h264]],
    [
      '4K HEVC',
      'hevc.mp4',
      [
        ...sound,
        '-vf',
        'scale=3840:2160:flags=bilinear',
        '-c:v',
        'libx265',
        '-preset',
        'ultrafast',
        '-b:v',
        '12M',
        '-x265-params',
        'log-level=none',
      ],
    ],
    [
      '1080p VFR',
      'vfr.mkv',
      [...sound, '-vf', "select='not(eq(mod(n,5),3))+lt(mod(n,300),150)'", '-fps_mode', 'vfr', ...h264],
    ],
    [
      '1080p, a key frame in 10 s',
      'long-gop.mp4',
      [...sound, ...h264, '-g', '300', '-keyint_min', '300', '-sc_threshold', '0'],
    ],
  ];
  for (const [, name, args] of films) await ffmpeg(['-i', master, ...args, path.join(folder, name)]);
  return [
    ...TRAILERS.map((name) => ({ name, file: path.join(SHARED, name) })),
    ...films.map(([name, file]) => ({ name, file: path.join(folder, file) })),
  ];
}

async function renderMaster(file: string): Promise<void> {
  const sources: string[] = [];
  for (let seconds = 0, i = 0; seconds < SECONDS; i++) {
    const length = SCENE_SECONDS[i % SCENE_SECONDS.length] as number;
    const scene = [
      `testsrc2=s=960x540:r=30,hue=h=${(i * 47) % 360}`,
      `gradients=s=960x540:r=30:seed=${i}:nb_colors=5:speed=0.01`,
      `color=c=0x${(((i * 2654435761) >>> 8) & 0xffffff).toString(16).padStart(6, '0')}:s=60x34:r=30,noise=alls=90:all_seed=${i},scale=1920:1080:flags=bicubic,scroll=horizontal=0.002`,
      `mandelbrot=s=480x270:r=30:start_scale=0.${3 + (i % 6)}:end_scale=0.05:end_pts=4000,hue=h=${(i * 71) % 360}`,
    ][i % 4] as string;
    sources.push(
      `${scene},scale=1920:1080:flags=bilinear,trim=duration=${length},setpts=PTS-STARTPTS,setsar=1,format=yuv420p[s${i}]`,
    );
    seconds += length;
  }
  const all = sources.map((_, i) => `[s${i}]`).join('');
  const graph = `${sources.join(';')};${all}concat=n=${sources.length},noise=alls=5:allf=t[v]`;
  const sound = ['-f', 'lavfi', '-i', `sine=frequency=330:duration=${SECONDS}`];
  await ffmpeg([
    ...sound,
    '-filter_complex',
    graph,
    '-map',
    '[v]',
    '-map',
    '0:a',
    '-t',
    String(SECONDS),
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-qp',
    '12',
    '-c:a',
    'aac',
    file,
  ]);
}
