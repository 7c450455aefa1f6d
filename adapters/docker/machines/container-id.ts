/** Limits each verb that calls the engine once per container. */
export const CALLS_AT_ONCE = 8;

// Docker's own grammar for container names (moby: daemon/names); every id matches it too.
const CONTAINER_ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/;

/** Whether the engine could have a container of this id or name. Nothing else is sent to it. */
export function isContainerId(id: string): boolean {
  return CONTAINER_ID.test(id);
}
