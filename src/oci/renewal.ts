import { isSlipwayError } from "../errors.ts";
import type { ErrorReason } from "../errors.ts";
import type { CredentialRefusal, RegistryCredential } from "./credential.ts";

/** ECR says of an expired token that it is denied: https://github.com/kubernetes/kubernetes/issues/69141 */
const REFUSALS: Partial<Record<ErrorReason, CredentialRefusal>> = {
  REGISTRY_UNAUTHENTICATED: "unauthenticated",
  REGISTRY_PERMISSION_DENIED: "denied",
};

/** Uses a credential, and if a registry refuses it, once more with a new one, provided that there can be one. */
export async function withRenewal<Result>(
  credential: RegistryCredential | null,
  signal: AbortSignal,
  use: (credential: RegistryCredential | null) => Promise<Result>,
): Promise<Result> {
  try {
    return await use(credential);
  } catch (caught) {
    const refusal = isSlipwayError(caught) ? REFUSALS[caught.reason] : undefined;
    if (refusal === undefined) throw caught;
    const renewed = (await credential?.renew?.(refusal, signal)) ?? null;
    if (renewed === null) throw caught;
    return await use(renewed);
  }
}
