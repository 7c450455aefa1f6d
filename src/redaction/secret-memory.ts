import { SecretValue } from "../secret-value.ts";

/** Secrets that a client obtains during its work: granted tokens, renewed keys. */
export interface SecretMemory {
  add(secret: string): void;
  /** The latest ones, as the same objects each time. */
  all(): readonly SecretValue[];
}

/** @param capacity Number of secrets kept, older ones included: a request may still be using an older token. */
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
