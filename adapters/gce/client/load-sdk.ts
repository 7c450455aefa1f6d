import { sdkLoader } from "../../../src/substrate/load-sdk.ts";

const COMPUTE_ENGINE = {
  provider: "Compute Engine",
  packages: ["@google-cloud/compute", "google-auth-library", "google-gax"],
} as const;

/** Loads a part of Google's SDK, or a file of the adapter that imports one. */
export function googleLoader<Part>(load: () => Promise<Part>): () => Promise<Part> {
  return sdkLoader(COMPUTE_ENGINE, load);
}

/** Finds credentials with `google-auth-library`. */
export const loadCredentials = googleLoader(() => import("./credentials.ts"));

/** Creates clients with `google-gax`. */
export const loadGax = googleLoader(() => import("./gax.ts"));

/**
 * Loads the parts that every call needs before the first call.
 *
 * @throws SlipwayError `PACKAGE_NOT_INSTALLED` for a missing package
 */
export async function loadGceSdk(): Promise<void> {
  await loadCredentials();
  await loadGax();
}
