import { once } from 'node:events';
import { readConfig } from '../config.js';
import {
  EXPORT_FORMATS,
  type ExportFormat,
  exportPredictions,
  exportRows,
  formatExport,
} from '../discovery/export.js';
import { openEngine } from '../engine.js';
import { Failure } from '../failure.js';
import { createLogger } from '../log.js';
import { interruptible } from '../stop-signal.js';

/** `marquee export`: predictions or rows to standard output. @throws Failure BAD_INPUT */
export async function exportCommand(what: string, flags: { format: string }): Promise<void> {
  if (what !== 'predictions' && what !== 'rows') {
    throw new Failure('BAD_INPUT', `Export predictions or rows, not "${what}".`);
  }
  if (!EXPORT_FORMATS.includes(flags.format as ExportFormat)) {
    throw new Failure('BAD_INPUT', `Export as ${EXPORT_FORMATS.join(' or ')}, not "${flags.format}".`);
  }
  await interruptible((signal) => exportAll(what, flags.format as ExportFormat, signal));
}

async function exportAll(
  what: 'predictions' | 'rows',
  format: ExportFormat,
  signal: AbortSignal,
): Promise<void> {
  const config = readConfig({ LOG_LEVEL: 'error', ...process.env });
  // Nothing is analysed here, so no models are loaded.
  const engine = await openEngine({ ...config, role: 'api' }, createLogger(config.logLevel), { signal });
  try {
    const { prisma } = engine.database;
    const rows = what === 'rows' ? exportRows(prisma, engine.discovery) : exportPredictions(prisma);
    for await (const line of formatExport(rows, format)) {
      signal.throwIfAborted();
      if (!process.stdout.write(line)) await once(process.stdout, 'drain', { signal });
    }
  } finally {
    await engine.close();
  }
}
