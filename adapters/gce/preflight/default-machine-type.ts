import type { Architecture } from "../../../src/plan/plan.ts";
import { architectureOf } from "../image/image-facts.ts";
import type { MachineTypeReply } from "../client/replies.ts";

/** What a workspace without an environment is given: a small machine for all kinds of work. */
export const VCPUS = 2;
/** MiB. */
export const MEMORY_RANGE = { least: 4_096, most: 8_192 } as const;

export interface OfferedTypes {
  readonly zone: string;
  readonly types: readonly MachineTypeReply[];
}

/**
 * Of what the zones offer themselves: the type that most of them have, whose processors are its own before those that
 * are shared, with the most memory of the range, and then the first by name, so that every resolution chooses alike.
 * Null where none of them has one for this architecture.
 */
export function defaultMachineType(
  offers: readonly OfferedTypes[],
  architecture: Architecture,
): MachineTypeReply | null {
  const fitting = new Map<string, { readonly type: MachineTypeReply; zones: number }>();
  for (const { types } of offers)
    for (const type of types) {
      if (!isGeneral(type, architecture)) continue;
      const known = fitting.get(type.name) ?? { type, zones: 0 };
      known.zones += 1;
      fitting.set(type.name, known);
    }
  const [best] = [...fitting.values()].toSorted(
    (one, other) =>
      other.zones - one.zones ||
      Number(one.type.isSharedCpu) - Number(other.type.isSharedCpu) ||
      (other.type.memoryMb ?? 0) - (one.type.memoryMb ?? 0) ||
      (one.type.name < other.type.name ? -1 : 1),
  );
  return best?.type ?? null;
}

function isGeneral(type: MachineTypeReply, architecture: Architecture): boolean {
  const memory = type.memoryMb ?? 0;
  return (
    type.guestCpus === VCPUS &&
    memory >= MEMORY_RANGE.least &&
    memory <= MEMORY_RANGE.most &&
    type.deprecated === null &&
    type.accelerators.length === 0 &&
    architectureOf(type.architecture) === architecture
  );
}
