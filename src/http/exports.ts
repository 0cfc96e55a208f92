import { pipeline } from 'node:stream/promises';
import type { RequestHandler } from 'express';
import type { Discovery } from '../discovery/discovery.js';
import {
  EXPORT_FORMATS,
  type ExportFormat,
  exportPredictions,
  exportRows,
  formatExport,
} from '../discovery/export.js';
import { Failure } from '../failure.js';
import type { PrismaClient } from '../generated/prisma/client.js';

const TYPES: Record<ExportFormat, string> = {
  jsonl: 'application/jsonl; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
};

/** GET /export/predictions.jsonl, /export/rows.csv and so on: as long as it takes, at the reader's pace. */
export function exports(prisma: PrismaClient, discovery: Discovery): RequestHandler {
  return async (request, response) => {
    const [, what, format] = /^(predictions|rows)\.(\w+)$/.exec(String(request.params.file)) ?? [];
    if (!what || !EXPORT_FORMATS.includes(format as ExportFormat)) {
      throw new Failure(
        'NOT_FOUND',
        'There are predictions.jsonl, predictions.csv, rows.jsonl and rows.csv.',
      );
    }
    const rows = what === 'rows' ? exportRows(prisma, discovery) : exportPredictions(prisma);
    response.type(TYPES[format as ExportFormat]);
    await pipeline(formatExport(rows, format as ExportFormat), response);
  };
}
