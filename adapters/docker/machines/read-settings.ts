import type { JsonObject } from "../../../src/errors.ts";
import { filled } from "../../../src/substrate/filled.ts";
import type { ContainerReply } from "../client/replies.ts";

type Host = NonNullable<ContainerReply["HostConfig"]>;

/** Options that hold a secret if the engine's own configuration sets them. */
const SECRET_OPTIONS: ReadonlySet<string> = new Set(["splunk-token"]);

/**
 * The options with which the engine says that the container runs, by the names of the records' fields. Those that the
 * engine leaves empty are absent.
 */
export function settingsOfContainer({ Config, HostConfig, Mounts }: ContainerReply): JsonObject {
  const host = HostConfig ?? {};
  return filled({
    entrypoint: Config.Entrypoint,
    command: Config.Cmd,
    user: Config.User,
    volumes: Mounts?.filter(({ Type }) => Type !== "tmpfs").map(volumeText),
    extraHosts: host.ExtraHosts,
    dns: host.Dns,
    dnsSearch: host.DnsSearch,
    dnsOpt: host.DnsOptions,
    devices: host.Devices?.map(({ PathOnHost, PathInContainer, CgroupPermissions }) =>
      [PathOnHost, PathInContainer, CgroupPermissions].filter((part) => part !== "").join(":"),
    ),
    gpus: host.DeviceRequests?.map(({ Driver, Count, DeviceIDs, Capabilities, Options }) =>
      filled({
        driver: Driver,
        count: Count === 0 ? null : Count,
        deviceIds: DeviceIDs,
        capabilities: Capabilities?.flat(),
        options: Options,
      }),
    ),
    privileged: host.Privileged,
    runtime: host.Runtime,
    logging: loggingOf(host.LogConfig),
    shmSize: host.ShmSize,
    ulimits:
      host.Ulimits &&
      Object.fromEntries(
        host.Ulimits.map(({ Name, Soft, Hard }) => [
          Name.replace(/^RLIMIT_/, "").toLowerCase(),
          { soft: Soft, hard: Hard },
        ]),
      ),
    tmpfs:
      host.Tmpfs &&
      Object.entries(host.Tmpfs).map(([target, options]) =>
        options === "" ? target : `${target}:${options}`,
      ),
    capAdd: host.CapAdd,
    capDrop: host.CapDrop,
    securityOpt: securityOptions(host),
    init: host.Init,
  });
}

function volumeText({
  Type,
  Name,
  Source,
  Destination,
  RW,
}: NonNullable<ContainerReply["Mounts"]>[number]) {
  const source = Type === "bind" || Name === "" ? Source : Name;
  return [source, Destination, ...(RW ? [] : ["ro"])].filter((part) => part !== "").join(":");
}

function loggingOf(logging: Host["LogConfig"]): JsonObject {
  const options = Object.entries(logging?.Config ?? {});
  return filled({
    driver: logging?.Type,
    options: Object.fromEntries(options.filter(([name]) => !SECRET_OPTIONS.has(name))),
  });
}

/** The engine keeps `systempaths=unconfined` as an empty list of masked paths. */
function securityOptions({ SecurityOpt, MaskedPaths }: Host): readonly string[] {
  return [...(SecurityOpt ?? []), ...(MaskedPaths?.length === 0 ? ["systempaths=unconfined"] : [])];
}
