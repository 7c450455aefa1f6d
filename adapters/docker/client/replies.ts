import { z } from "zod";
import { SlipwayError } from "../../../src/errors.ts";

/** The members of the engine's replies that Slipway uses. Other engine versions send more, or fewer. */

const text = z.string();
const flag = z.boolean().default(true);
const stringMap = z
  .record(text, text)
  .nullish()
  .transform((map) => map ?? {});

export const versionReply = z.object({
  Version: text.default(""),
  ApiVersion: text,
  Os: text.default(""),
  Arch: text.default(""),
  KernelVersion: text.default(""),
  Components: z.array(z.object({ Name: text.default("") })).nullish(),
});

export const infoReply = z.object({
  Name: text.default(""),
  OSType: text.default("linux"),
  Architecture: text.default(""),
  KernelVersion: text.default(""),
  /** The graph driver or snapshotter that keeps the layers. */
  Driver: text.default(""),
  DriverStatus: z.array(z.array(text)).nullish(),
  NCPU: z.number().default(0),
  MemTotal: z.number().default(0),
  // If the engine does not report a capability, assume that it has it.
  MemoryLimit: flag,
  SwapLimit: flag,
  CPUShares: flag,
  CpuCfsQuota: flag,
  /** `cgroupfs`, `systemd`, or `none` for a rootless Docker engine that applies no limits. */
  CgroupDriver: text.default(""),
  /** `1` or `2`. */
  CgroupVersion: text.default(""),
  /** `name=rootless` among others. */
  SecurityOptions: z.array(text).nullish(),
  /** Podman's own member: before version 5 its `SecurityOptions` leave it out. */
  Rootless: z.boolean().nullish(),
  RegistryConfig: z
    .object({
      InsecureRegistryCIDRs: z.array(text).nullish(),
      IndexConfigs: z.record(text, z.object({ Secure: z.boolean().default(true) })).nullish(),
    })
    .nullish(),
});

const networks = z
  .record(
    text,
    z.object({ IPAddress: text.nullish(), GlobalIPv6Address: text.nullish() }).nullable(),
  )
  .nullish();

export const containerReply = z.object({
  Id: text.min(1),
  Created: text.nullish(),
  State: z.object({
    Status: text,
    ExitCode: z.int().default(0),
    Error: text.default(""),
    OOMKilled: z.boolean().default(false),
  }),
  Config: z.object({ Labels: stringMap, Tty: z.boolean().default(false), User: text.default("") }),
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
  Status: text.default(""),
  Labels: stringMap,
  Ports: z
    .array(
      z.object({
        PrivatePort: z.int(),
        PublicPort: z.int().nullish(),
        Type: text.default("tcp"),
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

export const listReply = z.array(listedContainer);

export const networkReply = z.object({
  Name: text.default(""),
  Driver: text.default(""),
  Scope: text.default("local"),
  Attachable: z.boolean().default(false),
});

export type VersionReply = z.output<typeof versionReply>;
export type InfoReply = z.output<typeof infoReply>;
export type ContainerReply = z.output<typeof containerReply>;
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
