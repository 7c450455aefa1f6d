/**
 * Milliseconds of processor time that the work takes. On a busy machine, the wall-clock time says nothing about the
 * work.
 */
export function processorTime(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
