import type { LaunchOutcome } from "../../../../src/substrate/contract.ts";
import { createFakeAdapter } from "../../../../testing/substrate/fake-adapter.ts";
import type { FakeAdapterOptions } from "../../../../testing/substrate/fake-adapter.ts";
import { createFakeClock } from "../../../../testing/fake-clock.ts";
import { FAKE_ARTIFACT, FAKE_IMAGE } from "../../../support/launch.ts";

/** A signal that is never aborted. */
export const { signal } = new AbortController();

/** A fake with one amd64 image, and its clock. */
export function fake(options: Partial<FakeAdapterOptions> = {}) {
  const clock = createFakeClock();
  const adapter = createFakeAdapter({
    clock,
    images: [{ reference: FAKE_IMAGE, artifact: FAKE_ARTIFACT, architecture: "amd64" }],
    ...options,
  });
  return { clock, adapter };
}

/** The machine id or the outcome of each member. */
export function summary(outcomes: readonly LaunchOutcome[]): readonly string[] {
  return outcomes.map((one) =>
    one.outcome === "accepted" ? one.machine.id : `${one.outcome} ${one.error.reason}`,
  );
}
