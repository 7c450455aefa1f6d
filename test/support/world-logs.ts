import type { Slipway } from "../../src/slipway/slipway.ts";

/** The output of a spawn's machine, read until the text satisfies the condition. */
export async function logsUntil(
  slipway: Slipway,
  spawnId: string,
  isEnough: (text: string) => boolean,
): Promise<string> {
  const leaving = new AbortController();
  let text = "";
  for await (const piece of slipway.logs(spawnId, { follow: true, signal: leaving.signal })) {
    text += Buffer.from(piece).toString();
    if (isEnough(text)) break;
  }
  leaving.abort();
  return text;
}

export async function firstLine(slipway: Slipway, spawnId: string): Promise<string> {
  const text = await logsUntil(slipway, spawnId, (said) => said.includes("\n"));
  return text.split("\n")[0] ?? "";
}
