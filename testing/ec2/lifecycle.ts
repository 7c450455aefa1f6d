import type { Image, ImageState, Instance, InstanceState } from "./records.ts";

/** EC2's numbers for the states of an instance. */
const STATE_CODES: Readonly<Record<InstanceState, number>> = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

/** A terminated instance is shown for about an hour. */
const REMEMBERED_MS = 3_600_000;

/** The state at a time, or null before the instance was made. */
export function instanceState(instance: Instance, now: number): InstanceState | null {
  return stateAt(instance.history, now);
}

export function imageState(image: Image, now: number): ImageState | null {
  return stateAt(image.history, now);
}

function stateAt<S>(
  history: readonly { readonly at: number; readonly state: S }[],
  now: number,
): S | null {
  return history.findLast(({ at }) => at <= now)?.state ?? null;
}

/** What describes show: not yet before its time, and no longer an hour after its end. */
export function isVisible(instance: Instance, now: number): boolean {
  const state = instanceState(instance, now);
  if (state === null) return false;
  const end = endOf(instance);
  return state !== "terminated" || end === null || now < end + REMEMBERED_MS;
}

/** When the instance is terminated, or null while nobody has asked for it. */
export function endOf(instance: Instance): number | null {
  // Nothing follows it.
  const last = instance.history.at(-1);
  return last?.state === "terminated" ? last.at : null;
}

/** True while it holds its addresses, volumes and capacity. */
export function isAlive(instance: Instance, now: number): boolean {
  const end = endOf(instance);
  return end === null || now < end;
}

/** True while it counts against quotas and pools: a stopped machine does not. */
export function isConsuming(instance: Instance, now: number): boolean {
  const state = instanceState(instance, now);
  return state === "pending" || state === "running";
}

/** From now on: one state, and after `delay` the one that follows. */
export function enter(
  instance: Instance,
  now: number,
  states: { readonly first: InstanceState; readonly next: InstanceState; readonly delay: number },
): void {
  // What was still to come is called off.
  const past = instance.history.filter(({ at }) => at <= now);
  instance.history = [
    ...past,
    { at: now, state: states.first },
    { at: now + states.delay, state: states.next },
  ];
}

export function stateFields(state: InstanceState): {
  readonly code: number;
  readonly name: string;
} {
  return { code: STATE_CODES[state], name: state };
}

/** A time as EC2 writes it. */
export function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
