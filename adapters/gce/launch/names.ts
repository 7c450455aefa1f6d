import { createHash } from "node:crypto";
import { invalidArgument } from "../../../src/errors.ts";

/** Instance names follow RFC 1035: 63 characters. */
const LONGEST_NAME = 63;
const NAME_DIGITS = 16;
/** One character less than the shortest truncated id. */
export const LONGEST_TOLD_SPAWN_ID = LONGEST_NAME - NAME_DIGITS - 2;

const SPAWN_ID = /^[a-z][a-z0-9-]{0,62}$/;
const OWN_NAME = /^([a-z][a-z0-9-]{0,45})-[0-9a-f]{16}$/;

/**
 * The name of a member's machine: its spawn id, truncated if necessary, and 16 hex digits of a hash over the launch's
 * token and the whole id. Every process derives the same name, so the zone refuses a second machine. In a list of
 * machines the name identifies the spawn, also in a batch, whose machines all have the same labels.
 *
 * @throws SlipwayError `INVALID_SPAWN_ID` for an id that cannot begin a name
 */
export function instanceName(token: string, spawnId: string): string {
  if (!SPAWN_ID.test(spawnId))
    throw invalidArgument(
      "INVALID_SPAWN_ID",
      `spawn id ${JSON.stringify(spawnId.slice(0, 100))} must match [a-z][a-z0-9-]{0,62}: a machine's name begins with it`,
    );
  const digits = hash(["name", token, spawnId]).slice(0, NAME_DIGITS);
  return `${spawnId.slice(0, LONGEST_NAME - NAME_DIGITS - 1)}-${digits}`;
}

/** The spawn id in such a name; null if the id may have been truncated, or if Slipway did not make the name. */
export function spawnIdIn(name: string): string | null {
  const spawnId = OWN_NAME.exec(name)?.[1];
  return spawnId === undefined || name.length >= LONGEST_NAME ? null : spawnId;
}

/**
 * The `requestId` of a launch: a UUID (version 8, RFC 9562) from its token and the number of its operations that have
 * failed, because a repeated id returns its failed operation. Never all zeros, which Compute Engine refuses.
 */
export function requestId(token: string, failures: number): string {
  const digits = hash(["request", token, failures]);
  const variant = "89ab".charAt(Number.parseInt(digits.charAt(16), 16) % 4);
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(13, 16)}`,
    variant + digits.slice(17, 20),
    digits.slice(20, 32),
  ].join("-");
}

function hash(parts: readonly (string | number)[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** How a request names zonal resources: an insert uses links, a bulk insert's properties use bare names. */
export type Naming = (
  collection: "acceleratorTypes" | "machineTypes" | "diskTypes",
  name: string,
) => string;
