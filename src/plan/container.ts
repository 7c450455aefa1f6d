/**
 * The options of a container, by the names of the Compose specification
 * (https://github.com/compose-spec/compose-spec/blob/main/05-services.md), in the record's and the plan's form. An
 * absent option is the engine's default.
 */

/** Options about the engine's host, which the placement sets. */
export interface ContainerHost {
  /**
   * `/HOST/PATH:/TARGET[:ro]` for a bind mount, `NAME:/TARGET[:ro]` for a named volume, `/TARGET` for an anonymous one.
   */
  readonly volumes?: readonly string[];
  /** The driver that creates volumes; default: the engine's `local`. */
  readonly volumeDriver?: string;
  /** `NAME:ADDRESS`; the address `host-gateway` is the engine's host. */
  readonly extraHosts?: readonly string[];
  /** Addresses of name servers. */
  readonly dns?: readonly string[];
  readonly dnsSearch?: readonly string[];
  readonly dnsOpt?: readonly string[];
  /** `/HOST/DEVICE[:/TARGET[:PERMISSIONS]]`. */
  readonly devices?: readonly string[];
  readonly privileged?: boolean;
  /** Name of one of the engine's OCI runtimes. */
  readonly runtime?: string;
  readonly logging?: ContainerLogging;
}

export interface ContainerLogging {
  readonly driver?: string;
  readonly options?: Readonly<Record<string, string>>;
}

/** Options about the machine's shape and confinement, which the environment sets. */
export interface ContainerShape {
  /** Bytes of `/dev/shm`. */
  readonly shmSize?: number;
  /** By the kernel's names without `RLIMIT_`, in lower case; -1 is unlimited. */
  readonly ulimits?: Readonly<Record<string, ContainerUlimit>>;
  /** `/TARGET[:OPTIONS]`. */
  readonly tmpfs?: readonly string[];
  readonly gpus?: readonly ContainerGpus[];
  readonly capAdd?: readonly string[];
  readonly capDrop?: readonly string[];
  readonly securityOpt?: readonly string[];
  readonly init?: boolean;
}

export interface ContainerUlimit {
  readonly soft: number;
  readonly hard: number;
}

/** A request for graphics processors: a number of them (-1 is all), or some by their ids. */
export interface ContainerGpus {
  readonly driver?: string;
  readonly count?: number;
  readonly deviceIds?: readonly string[];
  /** In addition to `gpu`. */
  readonly capabilities?: readonly string[];
  readonly options?: Readonly<Record<string, string>>;
}

/** The process of the container, with which the workspace replaces the image's own. */
export interface ContainerProcess {
  /** An empty list removes the image's. */
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  /** `USER[:GROUP]`, names or numbers. */
  readonly user?: string;
}

/** A parsed entry of {@link ContainerHost.volumes}. */
export interface ContainerVolume {
  readonly type: "bind" | "volume";
  /** A path of the engine's host, or a volume's name; null for an anonymous volume. */
  readonly source: string | null;
  readonly target: string;
  readonly isReadOnly: boolean;
}

// Docker's own grammar of volume names: https://github.com/moby/moby/blob/master/daemon/names/names.go
const VOLUME = /^(?:([A-Za-z0-9][A-Za-z0-9_.-]+|\/[^:]*):)?(\/[^:]*)(?::(ro|rw))?$/;

/** Parses an entry of `volumes`; null if it does not match the grammar. */
export function parseVolume(text: string): ContainerVolume | null {
  const [, source = null, target, mode] = VOLUME.exec(text) ?? [];
  if (target === undefined) return null;
  const type = source?.startsWith("/") === true ? "bind" : "volume";
  return { type, source, target, isReadOnly: mode === "ro" };
}

/** The target of an entry of `tmpfs`. */
export function tmpfsTarget(entry: string): string {
  const colon = entry.indexOf(":");
  return colon === -1 ? entry : entry.slice(0, colon);
}
