import type { TimedLine } from './timed-line.js';

/**
 * The sample trailer as data: what is seen, heard and said, and when. Our own story, "Ember Road": a daughter
 * whose family was murdered crosses a winter mountain with a friend to face the killer.
 */
export const SAMPLE_WIDTH = 640; // pixels
export const SAMPLE_HEIGHT = 360; // pixels
export const SAMPLE_FRAMES_PER_SECOND = 25;

export interface SampleScene {
  /** Whole frames at 25 a second, so that cuts fall exactly between two frames. */
  frames: number;
  /** ffmpeg filters that paint the scene, from a source to 640×360 frames of any length. */
  picture: string;
}

const SIZE = `${SAMPLE_WIDTH}x${SAMPLE_HEIGHT}`;
const RATE = SAMPLE_FRAMES_PER_SECOND;

/** White noise in 0 … 1 from a pixel's place alone: ffmpeg's own `random()` depends on its thread count. */
const PIXEL_NOISE = 'mod(abs(sin(X*12.9898+Y*78.233)*43758.5453)\\,1)';
/** The same for a whole column. */
const columnNoise = (width: number, salt: number) =>
  `mod(abs(sin(floor(X/${width})*${12.9898 + salt})*43758.5453)\\,1)`;

/** One painted frame, shown for as long as is asked. */
const still = (size: string, format: string, paint: string) =>
  `color=black:s=${size}:r=${RATE},format=${format},trim=end_frame=1,geq=${paint},loop=-1:1,setpts=N/${RATE}/TB,fps=${RATE}`;

const black = `color=black:s=${SIZE}:r=${RATE}`;

const snowfall = [
  still(SIZE, 'gray', `lum='255*gt(${PIXEL_NOISE}\\,0.9965)'`),
  "gblur=sigma=1.1,lutyuv=y='min(val*5\\,255)',scroll=v=-0.012:h=0.003,format=gbrp[flakes@]",
].join(',');

const snowyNight = [
  `${snowfall};gradients=s=${SIZE}:r=${RATE}:c0=0x060b1c:c1=0x27406b:x0=320:y0=0:x1=320:y1=359:n=2:speed=0.00001`,
  'drawbox=y=300:h=60:color=0xaebfd8:t=fill,format=gbrp[night@];[night@][flakes@]blend=all_mode=screen',
].join(',');

/** Flames rise: a tall field of streaks runs past a window that is bright at the bottom. `glow` 0 … 3. */
const fire = (glow: number, riseStart: number) =>
  [
    still('160x600', 'gray', `lum='255*${PIXEL_NOISE}'`),
    `gblur=sigma=2:sigmaV=7,lutyuv=y='clip((val-127)*9+128\\,0\\,255)',crop=160:90:0:'mod(${riseStart}+n*3\\,510)',format=gray[streaks@];`,
  ].join(',') +
  [
    still('160x90', 'gray', "lum='255*pow(Y/90\\,1.3)*(1-pow((X-80)/95\\,2))'"),
    'format=gray[hearth@];[streaks@][hearth@]blend=all_mode=multiply',
    `scale=${SAMPLE_WIDTH}:${SAMPLE_HEIGHT}:flags=bicubic,format=gbrp`,
    `lutrgb=r='min(val*${glow}\\,255)':g='clip((val-60)*${0.68 * glow}\\,0\\,255)':b='clip((val-150)*${0.7 * glow}\\,0\\,255)'`,
  ].join(',');

/** A ridge line, in pixels from the top: peaks `height` above `base`, one every 2 × `half` pixels, and lower ones between. */
const ridge = (base: number, height: number, half: number) =>
  `${base}-${height}*(1-abs(mod(X/${half}\\,2)-1))-${height / 3}*(1-abs(mod(X/${half * 0.37}+1\\,2)-1))`;

const dawn = [
  still(
    '800x360',
    'gbrp',
    [`r='if(gt(Y\\,${ridge(320, 110, 120)})\\,70\\,if(gt(Y\\,${ridge(250, 90, 170)})\\,150\\,255-Y/9))'`]
      .concat(
        `g='if(gt(Y\\,${ridge(320, 110, 120)})\\,62\\,if(gt(Y\\,${ridge(250, 90, 170)})\\,120\\,150+Y/4))'`,
      )
      .concat(
        `b='if(gt(Y\\,${ridge(320, 110, 120)})\\,92\\,if(gt(Y\\,${ridge(250, 90, 170)})\\,140\\,190-Y/3))'`,
      )
      .join(':'),
  ),
  `crop=${SAMPLE_WIDTH}:${SAMPLE_HEIGHT}:'n*1.6':0`,
].join(',');

const blizzard = [
  still('1800x360', 'gray', `lum='255*${PIXEL_NOISE}'`),
  "gblur=sigma=14:sigmaV=3,lutyuv=y='clip((val-127)*6+170\\,90\\,240)'",
  `crop=${SAMPLE_WIDTH}:${SAMPLE_HEIGHT}:'1160-n*14':0`,
].join(',');

/** Two lanterns side by side, walking from left to right through the dark. */
const lanterns = [
  still(
    SIZE,
    'gbrp',
    "r='230*exp(-(pow(X-250\\,2)+pow(Y-210\\,2))/900)+230*exp(-(pow(X-330\\,2)+pow(Y-222\\,2))/900)+8':" +
      "g='150*exp(-(pow(X-250\\,2)+pow(Y-210\\,2))/1100)+150*exp(-(pow(X-330\\,2)+pow(Y-222\\,2))/1100)+10':" +
      "b='50*exp(-(pow(X-250\\,2)+pow(Y-210\\,2))/900)+50*exp(-(pow(X-330\\,2)+pow(Y-222\\,2))/900)+26'",
  ),
  'scroll=h=-0.0035,drawbox=y=270:h=90:color=0x121a2c:t=fill',
].join(',');

const forest = [
  still(
    '1280x360',
    'gbrp',
    `r='if(gt(${columnNoise(26, 0)}\\,0.6)\\,38\\,104+Y/8)':` +
      `g='if(gt(${columnNoise(26, 0)}\\,0.6)\\,58\\,150+Y/6)':` +
      `b='if(gt(${columnNoise(26, 0)}\\,0.6)\\,40\\,96)'`,
  ),
  `crop=${SAMPLE_WIDTH}:${SAMPLE_HEIGHT}:'n*5':0`,
].join(',');

const redSky = `gradients=s=${SIZE}:r=${RATE}:c0=0x1a0206:c1=0x9c1420:c2=0x2a0410:n=3:x0=0:y0=0:x1=639:y1=359:speed=0.02`;

/** Bars that turn: blades. */
const blades = (turns: number, background: string) =>
  [
    `color=${background}:s=${SIZE}:r=${RATE}`,
    'drawbox=x=300:y=-40:w=26:h=440:color=0xdfe6ee:t=fill,drawbox=x=150:y=-40:w=12:h=440:color=0x8f9aa8:t=fill',
    `rotate='${turns}*t':c=${background}`,
  ].join(',');

/** Riders that pass, at `speed` picture widths a frame: slow beside their own width, or a step would look like a cut. */
const riders = (speed: number) =>
  [
    still(
      SIZE,
      'gbrp',
      `r='if(gt(${columnNoise(120, 3)}\\,0.5)*gt(Y\\,140)\\,20\\,190)':g='if(gt(${columnNoise(120, 3)}\\,0.5)*gt(Y\\,140)\\,16\\,120)':b='if(gt(${columnNoise(120, 3)}\\,0.5)*gt(Y\\,140)\\,24\\,70)'`,
    ),
    `scroll=h=${speed}`,
  ].join(',');

const ash = [
  still(SIZE, 'gray', `lum='255*${PIXEL_NOISE}'`),
  "gblur=sigma=6,lutyuv=y='clip((val-127)*9+80\\,16\\,200)',scroll=h=0.004:v=0.002",
].join(',');

/** The title in block letters, five columns by seven rows each: drawn, because a machine may have no fonts. */
const LETTERS: Record<string, readonly string[]> = {
  A: ['.###.', '#...#', '#...#', '#####', '#...#', '#...#', '#...#'],
  B: ['####.', '#...#', '#...#', '####.', '#...#', '#...#', '####.'],
  D: ['####.', '#...#', '#...#', '#...#', '#...#', '#...#', '####.'],
  E: ['#####', '#....', '#....', '####.', '#....', '#....', '#####'],
  M: ['#...#', '##.##', '#.#.#', '#.#.#', '#...#', '#...#', '#...#'],
  O: ['.###.', '#...#', '#...#', '#...#', '#...#', '#...#', '.###.'],
  R: ['####.', '#...#', '#...#', '####.', '#.#..', '#..#.', '#...#'],
};

function titleCard(title: string, color: string): string {
  const cell = 8; // pixels
  const advance = 7 * cell; // five columns and two of air
  const left = (SAMPLE_WIDTH - title.length * advance + 2 * cell) / 2;
  const boxes = [...title].flatMap((letter, position) =>
    (LETTERS[letter] ?? []).flatMap((row, y) =>
      [...row.matchAll(/#+/g)].map(
        (run) =>
          `drawbox=x=${left + position * advance + run.index * cell}:y=${152 + y * cell}:w=${run[0].length * cell}:h=${cell}:color=${color}:t=fill`,
      ),
    ),
  );
  return [`color=0x08060a:s=${SIZE}:r=${RATE}`, ...boxes].join(',');
}

export const SAMPLE_SCENES: readonly SampleScene[] = [
  { frames: 40, picture: black },
  { frames: 90, picture: snowyNight },
  { frames: 80, picture: fire(2.2, 0) },
  { frames: 80, picture: dawn },
  { frames: 80, picture: blizzard },
  { frames: 80, picture: lanterns },
  { frames: 70, picture: forest },
  { frames: 60, picture: fire(1, 200) },
  { frames: 50, picture: redSky },
  // From here the cutting gets faster and faster.
  { frames: 20, picture: blades(2.2, '0x10141c') },
  { frames: 18, picture: riders(0.02) },
  { frames: 16, picture: fire(2.8, 90) },
  { frames: 14, picture: snowyNight },
  { frames: 12, picture: blades(-4, '0x3a0a0c') },
  { frames: 12, picture: ash },
  { frames: 10, picture: riders(-0.045) },
  { frames: 10, picture: redSky },
  { frames: 8, picture: blades(7, '0x10141c') },
  { frames: 8, picture: fire(3, 330) },
  { frames: 8, picture: blizzard },
  { frames: 8, picture: blades(-9, '0x581014') },
  { frames: 76, picture: titleCard('EMBER ROAD', '0xe8a24a') },
  { frames: 40, picture: black },
];

const ends = SAMPLE_SCENES.map((_, index) =>
  SAMPLE_SCENES.slice(0, index + 1).reduce((frames, scene) => frames + scene.frames, 0),
);

/** The first frame of every scene but the first one, in seconds: all of them are hard cuts. */
export const SAMPLE_CUTS_SECONDS: readonly number[] = ends.slice(0, -1).map((frame) => frame / RATE);

export const SAMPLE_DURATION_SECONDS = (ends.at(-1) ?? 0) / RATE;

const said = (startSeconds: number, endSeconds: number, text: string): TimedLine => ({
  startSeconds,
  endSeconds,
  text,
  kind: 'SPEECH',
  speaker: null,
});

export const SAMPLE_LINES: readonly TimedLine[] = [
  said(1.9, 5.0, 'They came in the winter, and in one night my whole family was murdered.'),
  said(5.4, 8.2, 'They burned our house. I was nine years old, and I hid in the snow.'),
  said(8.7, 11.4, 'He who gave the order is lord of the valley now.'),
  said(11.8, 14.6, 'Nobody survives that mountain alone. You will freeze before dawn.'),
  said(15.0, 17.8, 'Then walk with me. You are the only friend I have left.'),
  said(18.2, 20.6, 'We have food for two days. After that we hunt, or we starve.'),
  said(20.9, 23.0, 'Revenge will not bring your mother and father back, child.'),
  said(23.3, 25.1, 'No. But the killer will pay for their blood.'),
  said(25.3, 26.7, 'Run! They have found us!'),
  said(26.9, 28.3, 'I will not leave you behind!'),
  said(28.5, 30.3, 'Draw your sword, murderer.'),
  said(31.2, 33.6, 'For my family.'),
];

/**
 * The sound as ffmpeg sources: wind and a low chord over the journey, near silence at the hearth, then drums
 * that gather pace with the cuts (φ beats after s seconds: 1.6·s + 0.35·s²), and one last stroke under the title.
 */
export function sampleSound(): string {
  const [hearth = 0, battle = 0] = [SAMPLE_CUTS_SECONDS[6], SAMPLE_CUTS_SECONDS[7]];
  const title = SAMPLE_CUTS_SECONDS.at(-2) ?? 0;
  const duration = SAMPLE_DURATION_SECONDS;
  const s = `max(t-${battle}\\,0)`;
  const sinceBeat = `(mod(1.6*${s}+0.35*${s}*${s}\\,1)/(1.6+0.7*${s}))`;
  const drums = `between(t\\,${battle}\\,${title})*0.75*exp(-14*${sinceBeat})*sin(2*PI*62*${sinceBeat})`;
  const stroke = `gte(t\\,${title})*0.8*exp(-1.8*max(t-${title}\\,0))*sin(2*PI*48*t)`;
  const chord = `lt(t\\,${hearth})*min(t/4\\,1)*(0.07*sin(2*PI*110*t)+0.06*sin(2*PI*130.8*t)+0.05*sin(2*PI*164.8*t))*(0.75+0.25*sin(2*PI*0.2*t))`;
  return [
    `aevalsrc='${chord}+${drums}+${stroke}':s=44100:d=${duration}[music]`,
    `anoisesrc=color=brown:seed=7:amplitude=0.22:r=44100:d=${duration},volume='if(between(t\\,${hearth}\\,${battle})\\,0.04\\,0.5+0.4*sin(2*PI*0.13*t))':eval=frame[wind]`,
    '[music][wind]amix=inputs=2:duration=first:normalize=0[sound]',
  ].join(';');
}
