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
// What stands behind `--` is for the marquee command, which then runs in this very process: a shell between npm and
// the server would not hand SIGTERM on to it.
const split = process.argv.indexOf('--');
const flags = new Set(process.argv.slice(2, split < 0 ? undefined : split));
const command = split < 0 ? null : process.argv.slice(split + 1);

import('./setup/steps.mjs')
  .then(({ setup }) =>
    setup({ quiet: flags.has('--quiet'), forTests: flags.has('--test'), forBench: flags.has('--bench') }),
  )
  .then((done) => {
    if (!done) process.exit(1);
    if (command === null) process.exit(0);
    const cli = new URL('../dist/cli.js', import.meta.url);
    process.argv = [process.argv[0], cli.pathname, ...command];
    return import(cli.href);
  })
  .catch((error) => {
    const isUnwritable = ['EACCES', 'EPERM', 'EROFS'].includes(error.code) && error.path;
    console.error(
      isUnwritable
        ? `Marquee is not set up here, and ${error.path} cannot be written: run this once as a user who may.`
        : error,
    );
    process.exit(1);
  });
