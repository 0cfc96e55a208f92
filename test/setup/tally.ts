import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * Counts tests for .ci/run, into the file that MARQUEE_TALLY names, and fails the run when two tests of one file have
 * the same name: a report could not tell them apart.
 */
export default class Tally implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0;
    let failed = errors.length;
    for (const module of modules) {
      // A file that fails outside its tests has none that could fail.
      failed += module.errors().length;
      const seen = new Set<string>();
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed += 1;
        if (state === 'failed') failed += 1;
        if (seen.has(test.fullName)) {
          console.error(`Two tests of ${module.moduleId} are called "${test.fullName}".`);
          failed += 1;
          process.exitCode = 1;
        }
        seen.add(test.fullName);
      }
    }
    const file = process.env.MARQUEE_TALLY;
    if (file) writeFileSync(file, JSON.stringify({ passed, failed }));
  }
}
