import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setImmediate } from "node:timers/promises";

/**
 * Waits until a child process has exited and all that it wrote has been read from its pipes, which must be flowing.
 * Node's `close` event comes later: only when no process holds the pipes open. A credential helper that starts an agent
 * in the background, or `ssh` with `ControlPersist`, would delay its caller until that process ends.
 *
 * @returns the exit code, or null if a signal ended the child
 * @throws the error of a child that could not be started
 */
export async function waitForExit(child: ChildProcess): Promise<number | null> {
  const pipes = [child.stdout, child.stderr].filter((pipe) => pipe !== null);
  let reads = 0;
  for (const pipe of pipes) pipe.on("data", () => (reads += 1));
  const [exitCode]: (number | null)[] = await once(child, "exit");
  // What the child wrote is in the pipes by now. The event loop reads every pipe with data once per turn, so that a whole
  // turn without a read means that they are empty.
  for (let before = -1; before !== reads;) {
    before = reads;
    await setImmediate();
    await setImmediate();
  }
  for (const pipe of pipes) pipe.destroy();
  child.stdin?.destroy();
  return exitCode ?? null;
}
