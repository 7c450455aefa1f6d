import type { ChainOptions } from "../../adapters/aws/client/credentials.ts";
import type { AwsEnvironment, SharedFiles } from "../../adapters/aws/client/shared-files.ts";
import { createSecretMemory } from "../../src/redaction/secret-memory.ts";

/** Options of a search for credentials that needs no request. */
export function chainOptions(environment: AwsEnvironment, files: SharedFiles): ChainOptions {
  const unexpected = () => Promise.reject(new Error("this search needs no client"));
  return {
    environment,
    files,
    memory: createSecretMemory(9),
    inner: unexpected,
    now: () => Date.now(),
  };
}
