import type { CatalogRecord, WorkspaceRepository } from "../catalog/kinds.ts";
import { clonePath } from "../plan/clone-path.ts";
import type { DataDisk, DiskOptions } from "../plan/disk.ts";
import type { GuestRequest, MachineShape, RepositoryCheckout } from "../plan/plan.ts";
import type { Links } from "./links.ts";

/** The machine type of a workspace without an environment: the adapter chooses one, or sets no limits. */
const DEFAULT_MACHINE_TYPE = "default";

/** The machine's shape according to the records. */
export function machineShape(links: Links): MachineShape {
  const { environment, machineType, diskType } = links;
  const disk = diskType === null ? {} : diskOptions(diskType);
  const docker =
    machineType !== null && "docker" in machineType.spec ? machineType.spec.docker : {};
  return {
    record: machineType?.name ?? null,
    vcpus: docker.cpus ?? machineType?.vcpus ?? null,
    memoryGb: docker.memoryGb ?? machineType?.memoryGb ?? null,
    diskSizeGb: environment?.diskSizeGb ?? 0,
    diskType: diskType === null ? null : providerDiskType(diskType),
    ...(Object.keys(disk).length === 0 ? {} : { disk }),
    ...(environment?.keepDiskOnTermination === undefined
      ? {}
      : { keepDisk: environment.keepDiskOnTermination }),
    ...dataDisksOf(links),
    ...acceleratorsOf(machineType),
    ...(environment?.docker === undefined ? {} : { container: environment.docker }),
  };
}

/**
 * The provider's names of the machine types in order of preference; the record's name on substrates without machine
 * types.
 */
export function providerMachineTypes(
  machineType: CatalogRecord<"machine-type"> | null,
): readonly [string, ...string[]] {
  if (machineType === null) return [DEFAULT_MACHINE_TYPE];
  const { spec, name } = machineType;
  if ("docker" in spec) return [name];
  const [first = name, ...others] =
    "aws" in spec
      ? (spec.aws.instanceTypes ?? [spec.aws.instanceType])
      : (spec.gce.machineTypes ?? [spec.gce.machineType]);
  return [first, ...others];
}

function acceleratorsOf(
  machineType: CatalogRecord<"machine-type"> | null,
): Pick<MachineShape, "accelerators"> {
  if (machineType === null || !("gce" in machineType.spec)) return {};
  const { accelerators } = machineType.spec.gce;
  return accelerators === undefined ? {} : { accelerators };
}

function dataDisksOf({ environment, dataDiskTypes }: Links): Pick<MachineShape, "dataDisks"> {
  const dataDisks = (environment?.dataDisks ?? []).map((disk, index): DataDisk => {
    const diskType = dataDiskTypes[index] ?? null;
    return {
      name: disk.name,
      diskType: diskType === null ? null : providerDiskType(diskType),
      sizeGb: disk.sizeGb,
      keepOnTermination: disk.keepOnTermination ?? false,
      ...(diskType === null ? {} : diskOptions(diskType)),
    };
  });
  return dataDisks.length === 0 ? {} : { dataDisks };
}

/** The record's options beyond its type. A key means encryption. */
function diskOptions({ spec }: CatalogRecord<"disk-type">): DiskOptions {
  if ("gce" in spec) {
    const { diskType: _type, kmsKey, ...rest } = spec.gce;
    return { ...rest, ...(kmsKey === undefined ? {} : { kmsKey }) };
  }
  const { volumeType: _type, encrypted, kmsKeyId, ...rest } = spec.aws;
  const isEncrypted = encrypted === true || kmsKeyId !== undefined;
  return {
    ...rest,
    ...(isEncrypted ? { encrypted: true } : {}),
    ...(kmsKeyId === undefined ? {} : { kmsKey: kmsKeyId }),
  };
}

function providerDiskType({ spec }: CatalogRecord<"disk-type">): string {
  return "aws" in spec ? spec.aws.volumeType : spec.gce.diskType;
}

/** The workspace's requests inside the machine, with every default filled in. */
export function guestRequest(workspace: CatalogRecord<"workspace">): GuestRequest {
  const { entrypoint, command, user } = workspace;
  return {
    repos: (workspace.repos ?? []).map((repository) => repositoryCheckout(repository)),
    ports: (workspace.ports ?? []).map(({ port, name }) => ({ port, name: name ?? null })),
    secretRefs: workspace.secretRefs ?? [],
    runtimeSecretMounts: (workspace.runtimeSecretMounts ?? []).map((mount) => ({
      secret: mount.secret,
      env: mount.env ?? null,
      path: mount.path ?? null,
      mode: mount.path === undefined ? null : (mount.mode ?? "0400"),
    })),
    userData: workspace.userData ?? null,
    bootDocument: workspace.bootDocument ?? "cloud-init",
    ...(entrypoint === undefined ? {} : { entrypoint }),
    ...(command === undefined ? {} : { command }),
    ...(user === undefined ? {} : { user }),
  };
}

function repositoryCheckout(repository: WorkspaceRepository): RepositoryCheckout {
  const { cloneUrl, baseBranch, conflictResolution, clone } = repository;
  const path = clone === true ? clonePath(cloneUrl) : null;
  return {
    cloneUrl,
    baseBranch: baseBranch ?? null,
    conflictResolution: conflictResolution ?? "MERGE",
    ...(path === null ? {} : { clonePath: path }),
  };
}
