#!/usr/bin/env node
// Nothing is imported before the check: what an older Node cannot load would fail first, with words about a module.
const OLDEST = [22, 18] as const;

if (isSupported(process.versions.node)) {
  void start();
} else {
  process.stderr.write(
    `slipway: FAILED_PRECONDITION: Slipway needs Node ${OLDEST.join(".")} or newer, this is ${process.version}\n` +
      "Install a newer Node, or put the one that you have first in PATH.\n",
  );
  process.exitCode = 3;
}

async function start(): Promise<void> {
  const { runProcess } = await import("./start.ts");
  await runProcess(process);
}

function isSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}
