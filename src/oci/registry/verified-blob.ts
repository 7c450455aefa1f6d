import { setTimeout as delay } from "node:timers/promises";
import { cancellation } from "../../async/cancellation.ts";
import { digestVerifier } from "../digest.ts";
import type { Descriptor } from "../image/manifest.ts";
import { protocolFault, sizeMismatch, type Subject } from "./failures.ts";
import { translateFailure } from "./translate-failure.ts";
import type { HttpResponse } from "./transport.ts";

export interface ExpectedBlob {
  readonly descriptor: Descriptor;
  readonly subject: Subject;
  readonly signal: AbortSignal;
  /** Requests the bytes from this position on. A registry may ignore the range and send the whole blob. */
  readonly resume: (from: number) => Promise<HttpResponse>;
  /** The first pause before a resumption, in milliseconds; it doubles each time. */
  readonly pauseMilliseconds: number;
}

/** As many times as Docker's engine tries to download a layer. */
const MOST_RESUMPTIONS = 4;
const PARTIAL_CONTENT = 206;

/**
 * Streams the bytes of a blob. A body that breaks off is resumed where it ended. The stream ends without an error only if
 * the bytes have the descriptor's size and digest; do not trust earlier pieces until then.
 */
export async function* verifiedBlob(
  first: HttpResponse,
  expected: ExpectedBlob,
): AsyncGenerator<Uint8Array> {
  const { descriptor, subject } = expected;
  const verifier = digestVerifier(descriptor.digest, subject.name);
  let actual = 0;
  let response = first;
  for (let resumptions = 0; ; resumptions += 1) {
    const mayResume = resumptions < MOST_RESUMPTIONS;
    try {
      for await (const chunk of bytesFrom(response, actual, subject)) {
        actual += chunk.length;
        if (actual > descriptor.size) break;
        verifier.update(chunk);
        yield chunk;
      }
      // Without a length, a body that breaks off at the registry or at a proxy looks complete.
      const isComplete = actual >= descriptor.size || response.headers.has("content-length");
      if (isComplete || !mayResume) break;
    } catch (caught) {
      const { failure, transient } = translateFailure(caught, expected);
      if (!transient || !mayResume) throw subject.redactor.error(failure);
    }
    response = await resumed(expected, actual, resumptions);
  }
  if (actual !== descriptor.size)
    throw sizeMismatch(subject, { expected: descriptor.size, actual });
  verifier.finish();
}

async function resumed(
  { subject, signal, resume, pauseMilliseconds }: ExpectedBlob,
  from: number,
  resumptions: number,
): Promise<HttpResponse> {
  try {
    await delay(pauseMilliseconds * 2 ** resumptions, undefined, { signal });
  } catch {
    throw cancellation(signal, `reading ${subject.name}`);
  }
  return await resume(from);
}

/** The body's bytes from this position of the blob on. */
async function* bytesFrom(
  { status, headers, body }: HttpResponse,
  from: number,
  subject: Subject,
): AsyncGenerator<Uint8Array> {
  if (status === PARTIAL_CONTENT) {
    const start = /^bytes (\d+)-/.exec(headers.get("content-range") ?? "")?.[1];
    if (Number(start) !== from)
      throw protocolFault(subject, "it sent another part of the blob than the requested one");
    yield* body;
    return;
  }
  let left = from;
  for await (const chunk of body) {
    const rest = chunk.subarray(Math.min(left, chunk.length));
    left -= chunk.length - rest.length;
    if (rest.length > 0) yield rest;
  }
}
