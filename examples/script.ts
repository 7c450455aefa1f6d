import { Readable } from "node:stream";
import type { Slipway } from "../src/index.ts";

/** Runs a shell script in a spawn's container, and returns what it has printed. */
export async function runScript(
  slipway: Slipway,
  spawnId: string,
  script: string,
): Promise<string> {
  const decoder = new TextDecoder();
  let printed = "";
  const exitCode = await slipway.exec(spawnId, {
    command: ["sh", "-e"],
    env: { CI: "true" },
    input: Readable.from([Buffer.from(script)]),
    onOutput: (_stream, bytes) => {
      printed += decoder.decode(bytes, { stream: true });
    },
  });
  if (exitCode !== 0) throw new Error(`the script ended with ${exitCode}: ${printed}`);
  return printed;
}
