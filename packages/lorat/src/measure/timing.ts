/** Numbers like those of a normalised picture, the same at every call. */
export function pixels(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => 2 * Math.sin(i * 0.37 + (i % 101)));
}

/** Processor time of all threads since `before`, in milliseconds. */
export function processorMs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
