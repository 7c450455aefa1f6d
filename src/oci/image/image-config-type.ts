/**
 * An image configuration in the spelling of the OCI image specification, with the additions that the Docker engine
 * applies. Lists and maps that Go's programs write as `null` where they are empty keep that `null`.
 */
export interface ImageConfig {
  /** ISO 8601. */
  readonly created?: string | undefined;
  readonly author?: string | undefined;
  /** As in Go's `GOARCH`: `amd64`, `arm64`. */
  readonly architecture: string;
  /** As in Go's `GOOS`. */
  readonly os: string;
  /** Of the architecture, such as `v8`. */
  readonly variant?: string | undefined;
  readonly "os.version"?: string | undefined;
  readonly "os.features"?: readonly string[] | null | undefined;
  readonly config?: ExecutionConfig | null | undefined;
  readonly rootfs: {
    readonly type: "layers";
    /** Digests of the unpacked layers, from bottom to top. */
    readonly diff_ids: readonly string[];
  };
  /** From bottom to top. */
  readonly history?: readonly HistoryEntry[] | null | undefined;
}

/** What a container of the image is run with unless it is told otherwise. */
export interface ExecutionConfig {
  /** `user`, `uid`, `user:group`, …; empty for the default user. */
  readonly User?: string | undefined;
  /** Bytes. */
  readonly Memory?: number | undefined;
  /** Bytes of memory and swap together; -1 disables swap. */
  readonly MemorySwap?: number | undefined;
  /** Relative weight. */
  readonly CpuShares?: number | undefined;
  /** Keys are `port`, `port/tcp`, `port/udp` or `port/sctp`. */
  readonly ExposedPorts?: MarkedKeys | null | undefined;
  /** `NAME=value` */
  readonly Env?: readonly string[] | null | undefined;
  readonly Entrypoint?: readonly string[] | null | undefined;
  readonly Cmd?: readonly string[] | null | undefined;
  /** Keys are paths. */
  readonly Volumes?: MarkedKeys | null | undefined;
  readonly WorkingDir?: string | undefined;
  readonly Labels?: Readonly<Record<string, string>> | null | undefined;
  readonly StopSignal?: string | undefined;
  readonly Healthcheck?: Healthcheck | null | undefined;
  /** What the shell form of commands is run by. */
  readonly Shell?: readonly string[] | null | undefined;
}

/** Go's `map[string]struct{}`: only the keys mean something. */
export type MarkedKeys = Readonly<Record<string, object | null>>;

/** Times in nanoseconds; zero and absence mean the engine's own. */
export interface Healthcheck {
  readonly Test?: readonly string[] | null | undefined;
  readonly Interval?: number | undefined;
  readonly Timeout?: number | undefined;
  readonly StartPeriod?: number | undefined;
  readonly StartInterval?: number | undefined;
  readonly Retries?: number | undefined;
}

export interface HistoryEntry {
  /** ISO 8601. */
  readonly created?: string | undefined;
  readonly author?: string | undefined;
  /** The command that made the layer. */
  readonly created_by?: string | undefined;
  readonly comment?: string | undefined;
  /** True for a step that made no layer. */
  readonly empty_layer?: boolean | undefined;
}
