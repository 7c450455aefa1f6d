import { z } from "zod";
import { SlipwayError } from "../../../src/errors.ts";

/** The members of the engine's replies that Slipway uses. Other engine versions send more, or fewer. */

/** Clients written in Go read `null` as an absent member. */
function or<Schema extends z.ZodType, Value>(schema: Schema, absent: Value) {
  return schema.nullish().transform((value) => value ?? absent);
}

const text = z.string();
const optionalText = or(text, "");
const flag = or(z.boolean(), true);
const stringMap = or(z.record(text, text), {});
const texts = z.array(text).nullish();

export const versionReply = z.object({
  Version: optionalText,
  ApiVersion: text,
  Os: optionalText,
  Arch: optionalText,
  KernelVersion: optionalText,
  Components: z.array(z.object({ Name: optionalText })).nullish(),
});

export const infoReply = z.object({
  Name: optionalText,
  OSType: or(text, "linux"),
  Architecture: optionalText,
  KernelVersion: optionalText,
  /** RFC 3339. */
  SystemTime: z.string().nullish(),
  /** The graph driver or snapshotter that keeps the layers. */
  Driver: optionalText,
  DriverStatus: z.array(z.array(text)).nullish(),
  NCPU: or(z.number(), 0),
  MemTotal: or(z.number(), 0),
  // If the engine does not report a capability, assume that it has it.
  MemoryLimit: flag,
  SwapLimit: flag,
  CPUShares: flag,
  CpuCfsQuota: flag,
  /** `cgroupfs`, `systemd`, or `none` for a rootless Docker engine that applies no limits. */
  CgroupDriver: optionalText,
  /** `1` or `2`. */
  CgroupVersion: optionalText,
  /** `name=rootless` among others. */
  SecurityOptions: z.array(text).nullish(),
  /** Podman's own member: before version 5 its `SecurityOptions` leave it out. */
  Rootless: z.boolean().nullish(),
  Plugins: z.object({ Volume: texts, Log: texts }).nullish(),
  Runtimes: z.record(text, z.unknown()).nullish(),
  /** Docker from 25 on: the folders of specifications, if CDI is enabled. */
  CDISpecDirs: texts,
  RegistryConfig: z
    .object({
      InsecureRegistryCIDRs: z.array(text).nullish(),
      IndexConfigs: z.record(text, z.object({ Secure: or(z.boolean(), true) })).nullish(),
      /** Of Docker Hub, the only registry that Docker's engine can mirror. */
      Mirrors: z.array(text).nullish(),
    })
    .nullish(),
});

const networks = z
  .record(
    text,
    z.object({ IPAddress: text.nullish(), GlobalIPv6Address: text.nullish() }).nullable(),
  )
  .nullish();

const options = z.record(text, text).nullish();

/** The options of a container. Podman leaves some out, and writes others as `null`. */
const hostConfig = z.object({
  ExtraHosts: texts,
  Dns: texts,
  DnsSearch: texts,
  DnsOptions: texts,
  Devices: z
    .array(
      z.object({
        PathOnHost: optionalText,
        PathInContainer: optionalText,
        CgroupPermissions: optionalText,
      }),
    )
    .nullish(),
  DeviceRequests: z
    .array(
      z.object({
        Driver: text.nullish(),
        Count: z.int().nullish(),
        DeviceIDs: texts,
        Capabilities: z.array(z.array(text)).nullish(),
        Options: options,
      }),
    )
    .nullish(),
  Privileged: z.boolean().nullish(),
  Runtime: text.nullish(),
  LogConfig: z.object({ Type: text.nullish(), Config: options }).nullish(),
  ShmSize: z.number().nullish(),
  Ulimits: z.array(z.object({ Name: text, Soft: z.number(), Hard: z.number() })).nullish(),
  Tmpfs: options,
  CapAdd: texts,
  CapDrop: texts,
  SecurityOpt: texts,
  MaskedPaths: texts,
  Init: z.boolean().nullish(),
});

export const containerReply = z.object({
  Id: text.min(1),
  Created: text.nullish(),
  State: z.object({
    Status: text,
    ExitCode: or(z.int(), 0),
    Error: optionalText,
    OOMKilled: or(z.boolean(), false),
  }),
  Config: z.object({
    Labels: stringMap,
    Tty: or(z.boolean(), false),
    User: optionalText,
    Entrypoint: texts,
    Cmd: texts,
  }),
  HostConfig: hostConfig.nullish(),
  Mounts: z
    .array(
      z.object({
        Type: optionalText,
        Name: optionalText,
        Source: optionalText,
        Destination: text,
        RW: or(z.boolean(), true),
      }),
    )
    .nullish(),
  NetworkSettings: z
    .object({
      Ports: z.record(text, z.array(z.object({ HostPort: text })).nullable()).nullish(),
      Networks: networks,
    })
    .nullish(),
});

const listedContainer = z.object({
  Id: text.min(1),
  /** Seconds since the epoch. */
  Created: z.number().nullish(),
  State: text,
  /** `Up 2 hours`, `Exited (137) 3 seconds ago`. */
  Status: optionalText,
  Labels: stringMap,
  Ports: z
    .array(
      z.object({
        PrivatePort: z.int(),
        PublicPort: z.int().nullish(),
        Type: or(text, "tcp"),
      }),
    )
    .nullish(),
  NetworkSettings: z.object({ Networks: networks }).nullish(),
});

/** Podman's own description of its host (`/libpod/info`): the cgroup controllers that its user may use. */
export const podmanReply = z.object({
  host: z.object({ cgroupControllers: z.array(text).nullish() }),
});

export const createReply = z.object({
  Id: text.min(1),
  Warnings: z.array(text).nullish(),
});

export const execCreateReply = z.object({ Id: text.min(1) });

export const execReply = z.object({
  Running: z.boolean(),
  /** Null until the command has ended. */
  ExitCode: z.int().nullish(),
});

export const listReply = z.array(listedContainer);

export const networkReply = z.object({
  Name: optionalText,
  Driver: optionalText,
  Scope: or(text, "local"),
  Attachable: or(z.boolean(), false),
});

export type VersionReply = z.output<typeof versionReply>;
export type InfoReply = z.output<typeof infoReply>;
export type ContainerReply = z.output<typeof containerReply>;
export type ExecReply = z.output<typeof execReply>;
export type ListedContainer = z.output<typeof listedContainer>;
export type NetworkReply = z.output<typeof networkReply>;

/**
 * Parses a reply. Throws `ENGINE_ERROR` if it does not look like an engine's: another server may listen on the
 * address.
 */
export function readReply<Schema extends z.ZodType>(
  schema: Schema,
  reply: unknown,
  what: string,
): z.output<Schema> {
  const parsed = schema.safeParse(reply);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
  throw new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "ENGINE_UNSUPPORTED",
    message: `the engine's answer about ${what} cannot be read: ${where}${issue?.message ?? "invalid"}`,
    remedy:
      "Check that the address is that of a Docker engine from 20.10 on, or of Podman from 4 on.",
    blastRadius: "zone",
  });
}
