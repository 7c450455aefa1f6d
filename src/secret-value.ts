import { inspect } from "node:util";

const REDACTED = "[redacted]";

/**
 * A secret in memory. However it is printed (string, JSON, `console.log`, template), it reads `[redacted]`; the
 * value comes out only of {@link SecretValue.reveal}, which is called where it leaves the process and nowhere else.
 */
export class SecretValue {
  readonly #bytes: Uint8Array;

  constructor(value: string | Uint8Array) {
    // A copy: `slice` of a Buffer would share its memory, and whoever wipes or reuses it would change the secret.
    this.#bytes =
      typeof value === "string" ? new TextEncoder().encode(value) : new Uint8Array(value);
  }

  /** The value as text. Bytes that are not UTF-8 are replaced: use {@link SecretValue.revealBytes} for those. */
  reveal(): string {
    return new TextDecoder().decode(this.#bytes);
  }

  /** The value byte for byte. */
  revealBytes(): Uint8Array {
    return this.#bytes.slice();
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
