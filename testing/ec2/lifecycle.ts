import type { Image, ImageState, Instance, InstanceState } from "./records.ts";

/** EC2's numeric codes of the instance states. */
const STATE_CODES: Readonly<Record<InstanceState, number>> = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

/** A terminated instance remains visible for about an hour. */
const VISIBLE_AFTER_END_MS = 3_600_000;

/** The state at a time, or null before the instance was created. */
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

/** Whether describes return the instance: from its creation until an hour after its end. */
export function isVisible(instance: Instance, now: number): boolean {
  const state = instanceState(instance, now);
  if (state === null) return false;
  const end = endOf(instance);
  return state !== "terminated" || end === null || now < end + VISIBLE_AFTER_END_MS;
}

/** When the instance is terminated, or null if no termination was requested. */
export function endOf(instance: Instance): number | null {
  // Termination is always the last state.
  const last = instance.history.at(-1);
  return last?.state === "terminated" ? last.at : null;
}

/** True while the instance occupies its addresses, volumes and capacity. */
export function isAlive(instance: Instance, now: number): boolean {
  const end = endOf(instance);
  return end === null || now < end;
}

/** True while the instance counts against quotas and pools; a stopped instance does not. */
export function isConsuming(instance: Instance, now: number): boolean {
  const state = instanceState(instance, now);
  return state === "pending" || state === "running";
}

/** Sets the state from now on, and the state that follows after `delay`. */
export function scheduleStates(
  instance: Instance,
  now: number,
  states: { readonly first: InstanceState; readonly next: InstanceState; readonly delay: number },
): void {
  // Discard states that are scheduled for later.
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

/** A time in EC2's format. */
export function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
