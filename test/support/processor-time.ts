/**
 * Milliseconds of processor time that the work takes. On a machine that is busy with something else, the clock on the
 * wall says nothing about the work.
 */
export function processorTime(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
