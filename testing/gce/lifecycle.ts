import type { Image, ImageState, Instance, InstanceState } from "./records.ts";

/** The state at a time. */
export function instanceState(instance: Instance, now: number): InstanceState {
  return instance.history.findLast(({ at }) => at <= now)?.state ?? "PROVISIONING";
}

export function imageState(image: Image, now: number): ImageState {
  return image.history.findLast(({ at }) => at <= now)?.state ?? "PENDING";
}

/** True while the instance counts against quotas and pools; a stopped or suspended instance does not. */
export function isConsuming(instance: Instance, now: number): boolean {
  const state = instanceState(instance, now);
  return state !== "TERMINATED" && state !== "SUSPENDED";
}

/** Schedules states, each with its delay in milliseconds from now, and discards states that were scheduled for later. */
export function scheduleStates(
  instance: Instance,
  now: number,
  states: readonly { readonly after: number; readonly state: InstanceState }[],
): void {
  const past = instance.history.filter(({ at }) => at <= now);
  instance.history = [...past, ...states.map(({ after, state }) => ({ at: now + after, state }))];
}

/** A time in Compute Engine's format, with its fixed UTC offset. */
export function timestamp(milliseconds: number): string {
  const pacific = milliseconds - 8 * 3_600_000;
  return new Date(pacific).toISOString().replace("Z", "-08:00");
}
