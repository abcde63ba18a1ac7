/** Numbers like those of a normalised picture, the same at every call. */
export function pixels(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => 2 * Math.sin(i * 0.37 + (i % 101)));
}

/** Processor time of all threads since `before`, in milliseconds. */
export function processorMs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** One run, in milliseconds. */
export interface Sample {
  readonly ms: number;
  /** Processor time of all threads; undefined where another process did the work. */
  readonly cpuMs?: number;
}

/** Both clocks over one call; the processor's is this process's alone. */
export async function timeOf(run: () => unknown): Promise<Required<Sample>> {
  const began = performance.now();
  const used = process.cpuUsage();
  await run();
  return { ms: performance.now() - began, cpuMs: processorMs(used) };
}
