import { inspect } from "node:util";

const REDACTED = "[redacted]";

/**
 * A secret in memory. Every way of printing it (string, JSON, `console.log`, template) gives `[redacted]`. Only
 * {@link SecretValue.reveal} and {@link SecretValue.revealBytes} return the value; call them only where it leaves the
 * process.
 */
export class SecretValue {
  readonly #bytes: Uint8Array;

  constructor(value: string | Uint8Array) {
    // Copy the bytes: `slice` of a Buffer shares its memory, so wiping or reusing the Buffer would change the secret.
    this.#bytes =
      typeof value === "string" ? new TextEncoder().encode(value) : new Uint8Array(value);
  }

  /**
   * The value as text. Bytes that are not UTF-8 are replaced; use {@link SecretValue.revealBytes} for binary values.
   */
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
