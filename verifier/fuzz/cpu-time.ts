/** Milliseconds of the processor that this thread takes for `act`: other programs that want it too do not count. */
export function cpuTimeOf(act: () => unknown): number {
  const begun = process.threadCpuUsage();
  act();
  const { user, system } = process.threadCpuUsage(begun);
  return (user + system) / 1000;
}
