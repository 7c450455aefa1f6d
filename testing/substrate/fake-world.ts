import type { Clock } from "../../src/host/clock.ts";
import type { Architecture, Substrate } from "../../src/plan/plan.ts";

/** An image of the fake. */
export interface FakeImage {
  /** Its name in an image record: an AMI id, a self-link, an OCI reference. */
  readonly reference: string;
  /** The artifact that the reference is pinned to, a plan's `artifact.id`. Default: the reference. */
  readonly artifact?: string;
  readonly architecture: Architecture;
  /** Output of every machine when it starts. Default: nothing. */
  readonly prints?: string;
}

/** A place to launch in, with its capacity. */
export interface FakePlace {
  readonly place: string;
  /** Machines that may be pending or running there at once. Default: no limit. */
  readonly capacity?: number;
  /** Architectures that machines of the place can run. Default: both. */
  readonly architectures?: readonly Architecture[];
}

/** The places that exist: the listed ones, or every place that a placement names. */
export type FakePlaces = readonly FakePlace[] | "any";

/** The place of this name; undefined if there is none. */
export function placeNamed(places: FakePlaces, name: string): FakePlace | undefined {
  return places === "any" ? { place: name } : places.find(({ place }) => place === name);
}

export interface FakeCloudOptions {
  readonly clock: Clock;
  readonly substrate: Substrate;
  readonly images: readonly FakeImage[];
  readonly places: FakePlaces;
  /** Milliseconds for which a new machine is `pending`. */
  readonly bootMilliseconds: number;
  readonly maximumBatch: number;
  /** Outcome of a batch that exceeds the room of its place: all members are rejected, or only those that do not fit. */
  readonly shortage: "reject-all" | "reject-rest";
}

/** The artifact that an image is pinned to. */
export function artifactOf(image: FakeImage): string {
  return image.artifact ?? image.reference;
}
