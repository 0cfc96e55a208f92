const TICK_MILLISECONDS = 1_000;
/** Where lines cannot be overwritten, as in a log file, a sign of life this often. */
const PLAIN_TICK_SECONDS = 15;
/** With --quiet, a step that takes longer than this shows all the same. */
const QUIET_MILLISECONDS = 2_000;

/** Tells people on standard error what is being done and for how long. */
export function createProgress({ quiet }) {
  const terminal = process.stderr.isTTY === true;
  const say = (text) => process.stderr.write(`${text}\n`);

  /** Runs `work`, which gives back null or why it failed, and gives that back. */
  async function during(title, work) {
    const started = Date.now();
    const seconds = () => Math.round((Date.now() - started) / 1000);
    let shown = false;
    const show = () => {
      if (terminal) process.stderr.write(`\r${title} … ${seconds()} s`);
      else if (!shown || seconds() % PLAIN_TICK_SECONDS === 0)
        say(`${title} …${shown ? ` ${seconds()} s` : ''}`);
      shown = true;
    };
    if (!quiet) show();
    const timer = setInterval(() => {
      if (shown || Date.now() - started >= QUIET_MILLISECONDS) show();
    }, TICK_MILLISECONDS);
    const failure = await work();
    clearInterval(timer);
    const outcome = `${title}: ${failure === null ? 'done' : 'failed'} (${((Date.now() - started) / 1000).toFixed(1)} s)`;
    if (shown || failure !== null) say(terminal ? `\r${outcome}\x1b[K` : outcome);
    return failure;
  }

  return { say, during };
}
