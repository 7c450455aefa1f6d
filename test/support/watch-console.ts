import { onTestFinished, vi } from "vitest";

/** Everything that the process would print on standard error by itself until the end of the test. */
export function watchConsole(): readonly unknown[] {
  const printed: unknown[] = [];
  const record = (...words: unknown[]) => void printed.push(...words);
  for (const method of ["debug", "error", "info", "log", "warn"] as const)
    vi.spyOn(console, method).mockImplementation(record);
  process.on("warning", record);
  onTestFinished(() => {
    process.off("warning", record);
    vi.restoreAllMocks();
  });
  return printed;
}
