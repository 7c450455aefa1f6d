import { digestVerifier } from "../digest.ts";
import type { Descriptor } from "../image/manifest.ts";
import { sizeMismatch, type Subject } from "./failures.ts";
import { translateFailure } from "./translate-failure.ts";
import type { HttpResponse } from "./transport.ts";

/**
 * Streams the bytes of a blob. The stream ends without an error only if the bytes have the descriptor's size and
 * digest; do not trust earlier pieces until then.
 */
export async function* verifiedBlob(
  response: HttpResponse,
  expected: {
    readonly descriptor: Descriptor;
    readonly subject: Subject;
    readonly signal: AbortSignal;
  },
): AsyncGenerator<Uint8Array> {
  const { descriptor, subject } = expected;
  const verifier = digestVerifier(descriptor.digest, subject.name);
  let actual = 0;
  try {
    for await (const chunk of response.body) {
      actual += chunk.length;
      if (actual > descriptor.size) break;
      verifier.update(chunk);
      yield chunk;
    }
  } catch (caught) {
    throw subject.redactor.error(translateFailure(caught, expected).failure);
  }
  if (actual !== descriptor.size)
    throw sizeMismatch(subject, { expected: descriptor.size, actual });
  verifier.finish();
}
