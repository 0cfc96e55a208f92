import { buildBench, buildServer, isBenchBuilt, isServerBuilt } from '../build.mjs';
import { generate, isGenerated } from '../generate.mjs';
import { withLock } from './lock.mjs';
import { arePackagesInstalled, installPackages } from './packages.mjs';
import { findChromium, findPrograms, installProgram, MEDIA_PROGRAMS } from './programs.mjs';
import { createProgress } from './progress.mjs';

/**
 * @param {{ quiet: boolean, forTests: boolean, forBench: boolean }} options
 * @returns {Promise<boolean>} whether the clone is ready; if not, it was said why
 */
export async function setup(options) {
  const steps = pendingSteps(options);
  if (steps.length === 0) return true;
  const progress = createProgress(options);
  return await withLock(
    async () => {
      // Another set-up may have done some of it while this one waited.
      for (const { title, work, optional } of pendingSteps(options)) {
        const failure = await progress.during(title, work);
        if (failure !== null && !optional) {
          console.error(failure);
          return false;
        }
        if (failure !== null) console.error(optional);
      }
      return true;
    },
    (holder) => progress.say(`Waiting for another set-up (process ${holder})`),
  );
}

/** Steps in order; `work` gives back null, or why it failed. Each one that is not needed is left out. */
function pendingSteps({ forTests, forBench }) {
  const steps = [];
  if (findPrograms(MEDIA_PROGRAMS) === null) {
    steps.push({ title: 'Installing ffmpeg', work: () => installProgram('ffmpeg') });
  }
  if (forTests && findChromium() === null) {
    steps.push({
      title: 'Installing Chromium for the tests of the page',
      work: () => installProgram('chromium'),
      optional: 'Chromium is missing: the tests of the page will be skipped.',
    });
  }
  const installed = arePackagesInstalled();
  if (!installed) steps.push({ title: 'Installing packages (npm ci)', work: installPackages });
  const generated = installed && isGenerated();
  if (!generated) steps.push({ title: "Generating Prisma's client", work: generate });
  if (!generated || !isServerBuilt()) steps.push({ title: 'Building', work: buildServer });
  if (forBench && (!generated || !isBenchBuilt()))
    steps.push({ title: 'Building the benchmarks', work: buildBench });
  return steps;
}
