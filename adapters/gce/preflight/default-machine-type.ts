import type { Architecture } from "../../../src/plan/plan.ts";
import { architectureOf } from "../image/image-facts.ts";
import type { MachineTypeReply } from "../client/replies.ts";

/** The default for a workspace without an environment: a small general-purpose machine. */
export const VCPUS = 2;
/** MiB. */
export const MEMORY_RANGE = { least: 4_096, most: 8_192 } as const;

export interface OfferedTypes {
  readonly zone: string;
  readonly types: readonly MachineTypeReply[];
}

/**
 * Chooses a machine type from the zones' offers: the type that most zones have, dedicated processors before shared
 * ones, then the most memory in the range, then the first name, so that every resolution chooses alike. Null if no
 * zone has one for this architecture.
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
