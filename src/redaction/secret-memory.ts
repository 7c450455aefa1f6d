import { SecretValue } from "../secret-value.ts";

/** Secrets that a client comes by on its way: tokens that it was granted, keys that were renewed. */
export interface SecretMemory {
  add(secret: string): void;
  /** The last ones, without their order. */
  all(): readonly SecretValue[];
}

/** @param capacity Secrets that are kept; a renewed token may still be on its way when the next one comes. */
export function createSecretMemory(capacity: number): SecretMemory {
  const kept = new Map<string, SecretValue>();
  return {
    add(secret) {
      if (secret === "" || kept.has(secret)) return;
      kept.set(secret, new SecretValue(secret));
      const [oldest] = kept.keys();
      if (kept.size > capacity && oldest !== undefined) kept.delete(oldest);
    },
    all: () => [...kept.values()],
  };
}
