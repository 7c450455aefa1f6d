import { throwIfCancelled } from "../../src/async/cancellation.ts";
import { SlipwayError } from "../../src/errors.ts";
import type { LogsRequest } from "../../src/substrate/contract.ts";
import type { FakeCloud } from "./fake-cloud.ts";

/**
 * A machine's output; with `follow`, also its further output until it ends.
 *
 * @throws SlipwayError immediately, before the first piece, if the machine does not exist.
 */
export function readFakeLogs(
  cloud: FakeCloud,
  id: string,
  request: LogsRequest,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const printed = cloud.printed(id);
  if (printed === null)
    throw new SlipwayError({
      code: "NOT_FOUND",
      reason: "MACHINE_NOT_FOUND",
      message: `machine ${id} does not exist`,
    });
  return pieces(cloud, id, { request, signal, printed });
}

async function* pieces(
  cloud: FakeCloud,
  id: string,
  state: { readonly request: LogsRequest; readonly signal: AbortSignal; readonly printed: string },
): AsyncGenerator<Uint8Array> {
  const { request, signal, printed } = state;
  const first = lastLines(printed, request.tail);
  if (first !== "") yield encode(first);
  let sent = printed.length;
  while (request.follow) {
    throwIfCancelled(signal, "logs");
    const text = cloud.printed(id);
    if (text !== null && text.length > sent) {
      yield encode(text.slice(sent));
      sent = text.length;
    } else if (text === null || cloud.find(id)?.state === "ended") {
      return;
    } else {
      await nextChange(cloud, id, signal);
    }
  }
}

/** Resolves at the machine's next change, or when the signal is aborted. */
function nextChange(cloud: FakeCloud, id: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stop();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const stop = cloud.onChange(id, done);
    signal.addEventListener("abort", done, { once: true });
  });
}

function lastLines(text: string, count: number | null): string {
  if (count === null) return text;
  if (count === 0) return "";
  const lines = text.split("\n");
  // Splitting a text that ends with a newline leaves an empty last piece, which is not a line.
  const extra = text.endsWith("\n") ? 1 : 0;
  return lines.slice(-(count + extra)).join("\n");
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
