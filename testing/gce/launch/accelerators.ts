import { findAcceleratorType } from "../accelerator-types.ts";
import { type Context, found } from "../context.ts";
import { GceFailure, invalidField } from "../failure.ts";
import { malformedLink, partialLink, readLink } from "../links.ts";
import type { MachineType } from "../machine-types.ts";
import type { Instance } from "../records.ts";
import type { TypesBy } from "./disks.ts";
import type { InstanceProperties } from "./request.ts";

type Requested = NonNullable<InstanceProperties["guestAccelerators"]>;

/** The most vCPUs of an N1 machine, by type and number of its GPUs. */
const MOST_CPUS: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  "nvidia-tesla-p4": { 1: 24, 2: 48, 4: 96 },
  "nvidia-tesla-p100": { 1: 16, 2: 32, 4: 96 },
  "nvidia-tesla-t4": { 1: 48, 2: 48, 4: 96 },
  "nvidia-tesla-v100": { 1: 12, 2: 24, 4: 48, 8: 96 },
};

/** @throws GceFailure for accelerators that cannot be attached to the machine */
export function planAccelerators(
  context: Context,
  requested: Requested,
  at: { readonly zone: string; readonly machineType: MachineType; readonly typesBy: TypesBy },
): Instance["accelerators"] {
  const field = "resource.guestAccelerators";
  if (requested.length > 1)
    throw new GceFailure(
      "fieldSizeTooLarge",
      `Value for field '${field}' is too large: maximum size 1 element(s); actual size ${requested.length}.`,
    );
  return requested.map(({ acceleratorType, acceleratorCount: count }) => {
    const name =
      at.typesBy === "link" ? linkedName(context, acceleratorType, at.zone) : acceleratorType;
    const scope = { kind: "zone", name: at.zone } as const;
    const link = partialLink(context.project.id, scope, "acceleratorTypes", name);
    const { maximum } = found(findAcceleratorType(name, at.zone), link);
    requireCompatible(at.machineType, { type: name, count });
    const counts = MOST_CPUS[name];
    if (count > maximum || (counts !== undefined && counts[count] === undefined))
      throw invalidField(
        `${field}[0].acceleratorCount`,
        String(count),
        `The number of accelerator cards must be one of [${Object.keys(counts ?? {}).join(", ")}].`,
      );
    const most = counts?.[count] ?? Infinity;
    if (at.machineType.guestCpus > most)
      throw invalidField(
        `${field}[0].acceleratorCount`,
        String(count),
        `At most ${most} vCPUs can be used along with ${count} accelerator cards in an instance.`,
      );
    return { type: name, count };
  });
}

function linkedName({ project }: Context, link: string, zone: string): string {
  const field = "resource.guestAccelerators[0].acceleratorType";
  const [scope, place, collection, name] = readLink(link, field, project.id).path;
  if (
    scope !== "zones" ||
    place !== zone ||
    collection !== "acceleratorTypes" ||
    name === undefined
  )
    throw malformedLink(link, field);
  return name;
}

/** Only N1 takes accelerators; types that have their own take these. */
function requireCompatible(
  { name, accelerators = [] }: MachineType,
  { type, count }: Instance["accelerators"][number],
): void {
  const [own] = accelerators;
  const isOwn = own?.type === type.replace(/-vws$/, "") && own.count === count;
  if (isOwn || /^(?:n1|custom)-/.test(name)) return;
  throw new GceFailure(
    "badRequest",
    `[${name}, ${type}] features are not compatible for creating instance.`,
  );
}
