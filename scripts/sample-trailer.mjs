// Renders the sample trailer into a folder (default: .marquee/media) and prints its path. `npm start` does the same.
import path from 'node:path';
import { ensureSampleTrailer } from '../dist/media/sample.js';

const folder = path.resolve(process.argv[2] ?? path.join(process.env.MARQUEE_DATA ?? '.marquee', 'media'));
console.log(await ensureSampleTrailer(folder));
