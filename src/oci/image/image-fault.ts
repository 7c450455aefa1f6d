import { isSlipwayError, SlipwayError } from "../../errors.ts";
import { formatReference, type Reference } from "../reference.ts";

/**
 * An error about an image's documents, with the image's name. The documents come from a registry and not from the
 * caller, so this is a failed precondition and not an invalid argument.
 */
export function imageFault(reference: Reference, fault: SlipwayError): SlipwayError {
  return new SlipwayError({
    code: fault.code === "INVALID_ARGUMENT" ? "FAILED_PRECONDITION" : fault.code,
    reason: fault.reason,
    message: `${formatReference(reference)}: ${fault.message}`,
    remedy: fault.remedy ?? "Build and push the image again with a current builder.",
    blastRadius: "image",
    retry: fault.retry,
    metadata: { ...fault.metadata, reference: formatReference(reference) },
    cause: fault,
  });
}

/** Runs a check of an image's documents and adds the image's name to its errors. */
export function namingImage<Result>(reference: Reference, check: () => Result): Result {
  try {
    return check();
  } catch (caught) {
    if (!isSlipwayError(caught)) throw caught;
    throw imageFault(reference, caught);
  }
}
