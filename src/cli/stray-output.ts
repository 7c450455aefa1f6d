/** The part of Node's `process` that reports warnings. */
export interface WarningProcess {
  readonly listenerCount: (event: "warning") => number;
  readonly removeAllListeners: (event: "warning") => unknown;
  readonly on: (event: "warning", listener: (warning: Error) => void) => unknown;
}

const METHODS = ["debug", "error", "info", "log", "trace", "warn"] as const;
type QuietConsole = Record<(typeof METHODS)[number], (...words: unknown[]) => void>;

/**
 * Keeps libraries and Node itself from printing on standard error, which holds nothing but one object with JSON output.
 * Node's warnings are handed over instead, unless the user has turned them off. What libraries print on the console is
 * for their authors, and may repeat what was sent: it is dropped.
 */
export function takeStrayOutput(
  own: WarningProcess,
  console: QuietConsole,
  warn: (message: string) => void,
): void {
  if (own.listenerCount("warning") > 0) {
    own.removeAllListeners("warning");
    own.on("warning", ({ name, message }) => warn(`${name}: ${message}`));
  }
  for (const method of METHODS) console[method] = () => undefined;
}
