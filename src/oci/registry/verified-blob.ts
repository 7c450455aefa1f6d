import { digestVerifier } from "../digest.ts";
import type { Descriptor } from "../image/manifest.ts";
import { sizeMismatch, type Subject } from "./failures.ts";
import { translateFailure } from "./translate-failure.ts";
import type { HttpResponse } from "./transport.ts";

/**
 * The bytes of a blob as they come. It ends well only where there were as many as the descriptor says, and they
 * have its digest: what was passed on before is not to be trusted until then.
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
