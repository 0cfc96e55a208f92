// Makes a fresh clone ready: programs, packages, generated code, build. Run by every npm script; a clone that is ready
// costs it a fraction of a second. It needs nothing but Node, and this first file parses on old ones too.
const OLDEST_NODE = [20, 19];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
  console.error(
    `Marquee needs Node ${OLDEST_NODE.join('.')} or newer, and this is ${process.versions.node}: install one from https://nodejs.org.`,
  );
  process.exit(1);
}
const flags = new Set(process.argv.slice(2));
import('./setup/steps.mjs')
  .then(({ setup }) =>
    setup({ quiet: flags.has('--quiet'), forTests: flags.has('--test'), forBench: flags.has('--bench') }),
  )
  .then(
    (done) => process.exit(done ? 0 : 1),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
