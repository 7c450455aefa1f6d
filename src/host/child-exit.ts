import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setImmediate } from "node:timers/promises";

/**
 * Waits until a child process has exited and everything it wrote has been read from its pipes, which must be flowing.
 * Node's `close` event waits until no process has the pipes open: a credential helper that starts an agent in the
 * background, or `ssh` with `ControlPersist`, would delay its caller until that other process ends.
 *
 * @returns the exit code, or null if a signal ended the child
 * @throws the error of a child that could not be started
 */
export async function waitForExit(child: ChildProcess): Promise<number | null> {
  const pipes = [child.stdout, child.stderr].filter((pipe) => pipe !== null);
  let reads = 0;
  for (const pipe of pipes) pipe.on("data", () => (reads += 1));
  const [exitCode]: (number | null)[] = await once(child, "exit");
  // Everything that the child wrote is now in the pipes. Each turn of the event loop reads every pipe that has data, so
  // one whole turn without a read means that they are empty.
  for (let before = -1; before !== reads;) {
    before = reads;
    await setImmediate();
    await setImmediate();
  }
  for (const pipe of pipes) pipe.destroy();
  child.stdin?.destroy();
  return exitCode ?? null;
}
