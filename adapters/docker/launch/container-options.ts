import { parseVolume, tmpfsTarget } from "../../../src/plan/container.ts";
import type {
  ContainerGpus,
  ContainerHost,
  ContainerProcess,
  ContainerShape,
} from "../../../src/plan/container.ts";
import type { HostOptions, MountBody, ProcessOptions } from "../client/container-body.ts";

/** The part of a create request's `HostConfig` that the placement and the environment set. */
export function hostOptions(host: ContainerHost, shape: ContainerShape): HostOptions {
  const { volumes, volumeDriver, devices = [], securityOpt } = { ...host, ...shape };
  const requests = deviceRequests(devices, shape.gpus ?? []);
  return {
    Mounts: volumes?.map((entry) => mountOf(entry, volumeDriver)),
    ExtraHosts: host.extraHosts,
    Dns: host.dns,
    DnsSearch: host.dnsSearch,
    DnsOptions: host.dnsOpt,
    Devices: devices.length === 0 ? undefined : devices.flatMap(deviceOf),
    DeviceRequests: requests.length === 0 ? undefined : requests,
    Privileged: host.privileged,
    Runtime: host.runtime,
    LogConfig: host.logging && { Type: host.logging.driver, Config: host.logging.options },
    ShmSize: shape.shmSize,
    Ulimits:
      shape.ulimits &&
      Object.entries(shape.ulimits).map(([Name, { soft, hard }]) => ({
        Name,
        Soft: soft,
        Hard: hard,
      })),
    Tmpfs:
      shape.tmpfs &&
      Object.fromEntries(
        shape.tmpfs.map((entry) => {
          const target = tmpfsTarget(entry);
          return [target, entry.slice(target.length + 1)];
        }),
      ),
    CapAdd: shape.capAdd,
    CapDrop: shape.capDrop,
    Init: shape.init,
    ...securityOptions(securityOpt),
  };
}

/** The process that replaces the image's own. Docker and Podman read a list of one empty text as no entrypoint. */
export function processOptions({ entrypoint, command, user }: ContainerProcess): ProcessOptions {
  return {
    ...(entrypoint === undefined
      ? {}
      : { Entrypoint: entrypoint.length === 0 ? [""] : entrypoint }),
    ...(command === undefined ? {} : { Cmd: command }),
    ...(user === undefined ? {} : { User: user }),
  };
}

function mountOf(entry: string, driver: string | undefined): MountBody {
  const volume = parseVolume(entry);
  if (volume === null) throw new TypeError(`the plan has an invalid volume ${entry}`);
  const { type, source, target, isReadOnly } = volume;
  return {
    Type: type,
    ...(source === null ? {} : { Source: source }),
    Target: target,
    ReadOnly: isReadOnly,
    ...(type === "volume" && driver !== undefined
      ? { VolumeOptions: { DriverConfig: { Name: driver } } }
      : {}),
  };
}

/** A device of the engine's host has a path; any other is a device of the Container Device Interface. */
export function isHostDevice(device: string): boolean {
  return device.startsWith("/");
}

/** Docker's command fills in the same parts. */
function deviceOf(entry: string) {
  if (!isHostDevice(entry)) return [];
  const [source = "", target = source, permissions = "rwm"] = entry.split(":");
  return [{ PathOnHost: source, PathInContainer: target, CgroupPermissions: permissions }];
}

const ALL = -1;

function deviceRequests(devices: readonly string[], gpus: readonly ContainerGpus[]) {
  const named = devices.filter((device) => !isHostDevice(device));
  return [
    ...(named.length === 0 ? [] : [{ Driver: "cdi", DeviceIDs: named }]),
    ...gpus.map(({ driver, count, deviceIds, capabilities = [], options }) => ({
      Driver: driver,
      ...(deviceIds === undefined ? { Count: count ?? ALL } : { DeviceIDs: deviceIds }),
      Capabilities: [[...new Set(["gpu", ...capabilities])]],
      Options: options,
    })),
  ];
}

const SYSTEM_PATHS = "systempaths=unconfined";

/** `systempaths=unconfined` is an option of Docker's command alone, which sends empty lists of paths. */
function securityOptions(options: readonly string[] | undefined) {
  if (options === undefined) return {};
  const sent = options.filter((option) => option !== SYSTEM_PATHS);
  return {
    SecurityOpt: sent,
    ...(sent.length === options.length ? {} : { MaskedPaths: [], ReadonlyPaths: [] }),
  };
}
