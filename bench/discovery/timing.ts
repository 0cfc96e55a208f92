export interface Timing {
  what: string;
  clients: number;
  p50: number;
  p95: number;
  p99: number;
  perSecond: number;
}

/** Runs `work` `count` times with so many at a time. Milliseconds as a caller sees them. */
export async function time(
  what: string,
  clients: number,
  count: number,
  work: (i: number) => Promise<unknown>,
): Promise<Timing> {
  for (let i = 0; i < Math.min(5, count); i++) await work(i);
  const times: number[] = [];
  let next = 0;
  const startedAt = performance.now();
  const client = async () => {
    while (next < count) {
      const i = next++;
      const began = performance.now();
      await work(i);
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const seconds = (performance.now() - startedAt) / 1000;
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(share * times.length))]!;
  return { what, clients, p50: at(0.5), p95: at(0.95), p99: at(0.99), perSecond: count / seconds };
}
