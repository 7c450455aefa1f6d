import type { Image, ImageState, Instance, InstanceState } from "./records.ts";

/** The state at a time. */
export function instanceState(instance: Instance, now: number): InstanceState {
  return instance.history.findLast(({ at }) => at <= now)?.state ?? "PROVISIONING";
}

export function imageState(image: Image, now: number): ImageState {
  return image.history.findLast(({ at }) => at <= now)?.state ?? "PENDING";
}

/** True while it counts against quotas and pools: a stopped or suspended machine does not. */
export function isConsuming(instance: Instance, now: number): boolean {
  const state = instanceState(instance, now);
  return state !== "TERMINATED" && state !== "SUSPENDED";
}

/** From now on: each state in turn, so many milliseconds after now. What was still to come is called off. */
export function enter(
  instance: Instance,
  now: number,
  states: readonly { readonly after: number; readonly state: InstanceState }[],
): void {
  const past = instance.history.filter(({ at }) => at <= now);
  instance.history = [...past, ...states.map(({ after, state }) => ({ at: now + after, state }))];
}

/** A time as Compute Engine writes it: with its own offset, all year round. */
export function timestamp(milliseconds: number): string {
  const pacific = milliseconds - 8 * 3_600_000;
  return new Date(pacific).toISOString().replace("Z", "-08:00");
}
