import { createHash } from "node:crypto";
import { invalidArgument, SlipwayError } from "../errors.ts";
import { quote } from "./quote.ts";

/**
 * A digest of the OCI image specification (`algorithm:hex`). The supported algorithms are those of the go-digest
 * library, which Docker and the distribution project accept in a reference.
 */
const HEX_LENGTHS: ReadonlyMap<string, number> = new Map([
  ["sha256", 64],
  ["sha384", 96],
  ["sha512", 128],
]);
const LONGEST_DIGEST = "sha512:".length + 128;
const LOWER_HEX = /^[0-9a-f]+$/;

export interface Digest {
  /** `sha256`, `sha384` or `sha512`. */
  readonly algorithm: string;
  /** Lower-case hexadecimal digits. */
  readonly hex: string;
}

/** Why the text is not a valid digest; null if it is valid. */
export function digestFault(text: string): string | null {
  if (text.length > LONGEST_DIGEST) return "it is too long";
  const separator = text.indexOf(":");
  if (separator < 1) return "it is not ALGORITHM:HEX";
  const algorithm = text.slice(0, separator);
  const hex = text.slice(separator + 1);
  const length = HEX_LENGTHS.get(algorithm);
  if (length === undefined) return "its algorithm is not sha256, sha384 or sha512";
  if (hex.length !== length) return `${algorithm} has ${length} hexadecimal digits`;
  if (!LOWER_HEX.test(hex)) return "its digits are not lower-case hexadecimal";
  return null;
}

export function isDigest(text: string): boolean {
  return digestFault(text) === null;
}

/**
 * Splits a digest into its parts.
 *
 * @throws SlipwayError `INVALID_DIGEST`
 */
export function parseDigest(text: string): Digest {
  const fault = digestFault(text);
  if (fault !== null)
    throw invalidArgument("INVALID_DIGEST", `invalid digest ${quote(text)}: ${fault}`);
  const separator = text.indexOf(":");
  return { algorithm: text.slice(0, separator), hex: text.slice(separator + 1) };
}

/** Computes the SHA-256 digest of bytes, or of text as UTF-8. */
export function sha256Digest(content: string | Uint8Array): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

/** Computes the digest of bytes with the algorithm of another digest, for comparison. */
function digestLike(expected: string, content: Uint8Array): string {
  const { algorithm } = parseDigest(expected);
  return `${algorithm}:${createHash(algorithm).update(content).digest("hex")}`;
}

/**
 * Checks that the bytes have the digest.
 *
 * @param what names the content in the message
 * @throws SlipwayError `DIGEST_MISMATCH`
 */
export function verifyDigest(expected: string, content: Uint8Array, what: string): void {
  const actual = digestLike(expected, content);
  if (actual !== expected) throw digestMismatch({ expected, actual, what });
}

/** Verifies a stream: hashes its bytes as they arrive and compares the digest at the end. */
export interface DigestVerifier {
  update(chunk: Uint8Array): void;
  /** @throws SlipwayError `DIGEST_MISMATCH` if the bytes so far do not have the digest */
  finish(): void;
}

/**
 * Creates a verifier for content that is too large for memory.
 *
 * @param what names the content in the message
 */
export function digestVerifier(expected: string, what: string): DigestVerifier {
  const { algorithm } = parseDigest(expected);
  const hash = createHash(algorithm);
  return {
    update(chunk) {
      hash.update(chunk);
    },
    finish() {
      const actual = `${algorithm}:${hash.digest("hex")}`;
      if (actual !== expected) throw digestMismatch({ expected, actual, what });
    },
  };
}

export function digestMismatch(mismatch: {
  readonly expected: string;
  readonly actual: string;
  readonly what: string;
}): SlipwayError {
  const { expected, actual, what } = mismatch;
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "DIGEST_MISMATCH",
    message: `${what}: the content has the digest ${actual}, expected ${expected}`,
    remedy:
      "Push the image again, or look for a proxy or mirror that changes the registry's responses.",
    blastRadius: "image",
    metadata: { expected, actual },
  });
}
