import type { MachineShape } from "../../../src/plan/plan.ts";
import type { MachineTypeReply } from "../client/replies.ts";

/**
 * Facts about machine series that Compute Engine documents and its API does not report. Reviewed in November 2026; a
 * series that is missing here is left to the API.
 */

/** Boot disks of series that take no Persistent Disk. */
const HYPERDISK: readonly string[] = ["hyperdisk-balanced"];
/** Boot disks of series that take Persistent Disk, but no `pd-standard`. */
const FAST: readonly string[] = ["pd-balanced", "pd-ssd", ...HYPERDISK];
const PERSISTENT: readonly string[] = ["pd-standard", "pd-balanced", "pd-ssd"];

/**
 * Boot disk types by series, the type for a plan without one first. A key may name one kind of machine in a series.
 * https://cloud.google.com/compute/docs/disks/persistent-disks#machine-series-support and
 * https://cloud.google.com/compute/docs/disks/hyperdisks#machine-type-support
 */
const BOOT_DISKS: ReadonlyMap<string, readonly string[]> = new Map([
  ["a2", PERSISTENT],
  ["a3", FAST],
  ["a3-ultragpu", HYPERDISK],
  ["a4", HYPERDISK],
  ["a4x", HYPERDISK],
  ["c2", PERSISTENT],
  ["c2d", PERSISTENT],
  ["c3", FAST],
  ["c3d", FAST],
  ["c4", HYPERDISK],
  ["c4a", HYPERDISK],
  ["c4d", HYPERDISK],
  ["c4n", HYPERDISK],
  ["custom", PERSISTENT],
  ["e2", PERSISTENT],
  ["f1", PERSISTENT],
  ["g1", PERSISTENT],
  ["g2", ["pd-balanced", "pd-ssd"]],
  ["g4", HYPERDISK],
  ["h3", ["pd-balanced", ...HYPERDISK]],
  ["h4d", HYPERDISK],
  ["m1", PERSISTENT],
  ["m2", PERSISTENT],
  ["m3", FAST],
  ["m4", HYPERDISK],
  ["n1", PERSISTENT],
  ["n2", PERSISTENT],
  ["n2d", PERSISTENT],
  ["n4", HYPERDISK],
  ["n4a", HYPERDISK],
  ["n4d", HYPERDISK],
  ["t2a", PERSISTENT],
  ["t2d", PERSISTENT],
  ["x4", HYPERDISK],
  ["z3", FAST],
  ["z4d", HYPERDISK],
  ["z4m", HYPERDISK],
]);

/** Never boot disks. https://cloud.google.com/compute/docs/disks/hyperdisks#limitations */
const DATA_ONLY: ReadonlySet<string> = new Set([
  "hyperdisk-extreme",
  "hyperdisk-ml",
  "hyperdisk-throughput",
]);

/** Whether the tables here have the series of this machine type. */
export function isKnownSeries(machineType: string): boolean {
  return BOOT_DISKS.has(seriesOf(machineType));
}

/** The types of N1 that share a core: `f1-micro` and `g1-small`. */
export function isSharedN1(machineType: string): boolean {
  return ["f1", "g1"].includes(seriesOf(machineType));
}

/** `n4` of `n4-standard-2`, `custom` of `custom-4-16384`. */
export function seriesOf(machineType: string): string {
  return machineType.split("-", 1)[0] ?? machineType;
}

/** The boot disk types that the machine type is documented to take; null for a series that the table lacks. */
export function bootDisksOf(machineType: string): readonly string[] | null {
  const kind = machineType.split("-", 2).join("-");
  return BOOT_DISKS.get(kind) ?? BOOT_DISKS.get(seriesOf(machineType)) ?? null;
}

/** Whether machines of the type take Persistent Disk, also as a data disk; true for a series that the table lacks. */
export function takesPersistentDisk(machineType: string): boolean {
  return bootDisksOf(machineType)?.some(isPersistent) ?? true;
}

/**
 * The disk type for a plan that names none; null leaves it to Compute Engine. Its own default, `pd-standard`, suits
 * only the series that take it.
 */
export function defaultBootDisk(machineType: string): string | null {
  const [first] = bootDisksOf(machineType) ?? [];
  return first === undefined || first === "pd-standard" ? null : first;
}

/**
 * Whether a machine of this type boots from this disk type. `undocumented`: the table does not say. Google adds
 * Hyperdisk to existing series, and never Persistent Disk.
 */
export function bootDiskSupport(
  machineType: string,
  diskType: string,
): "documented" | "refused" | "undocumented" {
  if (DATA_ONLY.has(diskType)) return "refused";
  const documented = bootDisksOf(machineType);
  if (documented === null) return "undocumented";
  if (documented.includes(diskType)) return "documented";
  const isRefused = PERSISTENT.includes(diskType) || !documented.some(isPersistent);
  return isPersistent(diskType) && isRefused ? "refused" : "undocumented";
}

function isPersistent(diskType: string): boolean {
  return diskType.startsWith("pd-");
}

/** Z3 types with more than 18,000 GiB of Titanium SSD; the first two are the former names. */
const LARGE_Z3: ReadonlySet<string> = new Set([
  "z3-highmem-88",
  "z3-highmem-176",
  "z3-highmem-88-highlssd",
  "z3-highmem-176-standardlssd",
]);
/** Z4D and Z4M types stop with more than 42,000 GiB of Titanium SSD, in partitions of 3,500 GiB. */
const MOST_Z4_PARTITIONS = 12;

/**
 * Why a machine of this type cannot be migrated to another host, so that an insert must say `TERMINATE`; null if it
 * can. E2 and the other Z3 types refuse `TERMINATE`, and the API's default is `MIGRATE`.
 * https://cloud.google.com/compute/docs/instances/live-migration-process#limitations
 */
export function obstacleToMigration(
  { name, accelerators, bundledLocalSsds }: MachineTypeReply,
  { accelerators: attached = [] }: Pick<MachineShape, "accelerators">,
): string | null {
  if (attached.length > 0)
    return `it has ${attached.map(({ type, count }) => `${count} × ${type}`).join(" and ")}`;
  if (accelerators.length > 0)
    return `it comes with ${accelerators.map(({ guestAcceleratorType, guestAcceleratorCount }) => `${guestAcceleratorCount ?? 1} × ${guestAcceleratorType}`).join(" and ")}`;
  if (isBareMetal(name)) return "it is bare metal";
  const series = seriesOf(name);
  if (series === "h4d") return "it is of series H4D";
  if (/^(?:ct\d|tpu)/.test(series)) return "it comes with TPUs";
  const partitions = bundledLocalSsds?.partitionCount ?? 0;
  const isLargeZ4 = /^z4[dm]$/.test(series) && partitions > MOST_Z4_PARTITIONS;
  return isLargeZ4 || LARGE_Z3.has(name) ? "its local SSDs are too large" : null;
}

/** `n2-custom-4-8192`, and `custom-4-8192` of N1. */
export function isCustomType(machineType: string): boolean {
  return /^(?:[a-z0-9]+-)?custom-/.test(machineType);
}

/** Bare metal has no virtual network card: its card is `IDPF`, and its image must be marked for it. */
export function isBareMetal(machineType: string): boolean {
  return machineType.endsWith("-metal");
}

/**
 * Series without the older network card VirtIO. Images say by their guest feature `GVNIC` that they have the driver of
 * the newer one. https://cloud.google.com/compute/docs/networking/using-gvnic
 */
const GVNIC_ONLY: ReadonlySet<string> = new Set([
  "a3",
  "a4",
  "a4x",
  "c3",
  "c3d",
  "c4",
  "c4a",
  "c4d",
  "c4n",
  "g4",
  "h3",
  "h4d",
  "m3",
  "m4",
  "n4",
  "n4a",
  "n4d",
  "z3",
  "z4d",
  "z4m",
]);

/** The guest feature that the machine type's network card needs; null if any image will do. */
export function neededGuestFeature(machineType: string): "IDPF" | "GVNIC" | null {
  if (isBareMetal(machineType)) return "IDPF";
  return GVNIC_ONLY.has(seriesOf(machineType)) ? "GVNIC" : null;
}
