import type { AnalysisState, PrismaClient } from '../generated/prisma/client.js';
import { newestBehind, newestCursor } from './children.js';
import type { AnalysisRow } from './loaders.js';
import { type Page, type PageRequest, pageOf } from './page.js';

/** Analyses of all trailers, newest first; `states` empty means any. @throws Failure BAD_INPUT for a foreign cursor */
export async function listAnalyses(
  prisma: PrismaClient,
  states: AnalysisState[],
  request: PageRequest,
): Promise<Page<AnalysisRow>> {
  const behind = newestBehind(request);
  const rows = await prisma.analysis.findMany({
    where: { ...inStates(states), ...(behind === null ? {} : { id: { lt: behind } }) },
    orderBy: { id: 'desc' },
    take: request.first + 1,
    omit: { subtitles: true },
  });
  return pageOf(rows, request, (analysis) => newestCursor(analysis.id));
}

export function countAnalyses(prisma: PrismaClient, states: AnalysisState[]): Promise<number> {
  return prisma.analysis.count({ where: inStates(states) });
}

function inStates(states: AnalysisState[]) {
  return states.length === 0 ? {} : { state: { in: states } };
}
