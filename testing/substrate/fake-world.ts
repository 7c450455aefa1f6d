import type { Clock } from "../../src/host/clock.ts";
import type { Architecture, Substrate } from "../../src/plan/plan.ts";

/** An image that the fake knows. */
export interface FakeImage {
  /** What an image record calls it: an AMI id, a self-link, an OCI reference. */
  readonly reference: string;
  /** What that is pinned to, a plan's `artifact.id`. Default: the reference. */
  readonly artifact?: string;
  readonly architecture: Architecture;
  /** What every machine prints when it is born. Default: nothing. */
  readonly prints?: string;
}

/** A place to launch in, with its room. */
export interface FakePlace {
  readonly place: string;
  /** Machines that may be pending or running there at once. Default: no limit. */
  readonly capacity?: number;
  /** What machines of the place can run. Default: both. */
  readonly architectures?: readonly Architecture[];
}

export interface FakeCloudOptions {
  readonly clock: Clock;
  readonly substrate: Substrate;
  readonly images: readonly FakeImage[];
  readonly places: readonly FakePlace[];
  /** Milliseconds for which a new machine is `pending`. */
  readonly bootMilliseconds: number;
  readonly maximumBatch: number;
  /** What becomes of a batch that a place has no room for: nobody is taken, or those that fit. */
  readonly shortage: "reject-all" | "reject-rest";
}

/** What an image is pinned to. */
export function artifactOf(image: FakeImage): string {
  return image.artifact ?? image.reference;
}
