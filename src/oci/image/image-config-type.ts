/**
 * An image configuration in the field case of the OCI image specification, with the additions that the Docker engine
 * applies. Go programs write empty lists and maps as `null`, which is kept.
 */
export interface ImageConfig {
  /** ISO 8601. */
  readonly created?: string | undefined;
  readonly author?: string | undefined;
  /** A value of Go's `GOARCH`: `amd64`, `arm64`. */
  readonly architecture: string;
  /** A value of Go's `GOOS`: `linux`. */
  readonly os: string;
  /** Variant of the architecture: `v8`. */
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

/** Defaults for containers of the image. */
export interface ExecutionConfig {
  /** `user`, `uid`, `user:group`, …; empty for the default user. */
  readonly User?: string | undefined;
  /** Bytes. */
  readonly Memory?: number | undefined;
  /** Memory and swap together, in bytes; -1 disables swap. */
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
  /** The command that runs the shell form of commands. */
  readonly Shell?: readonly string[] | null | undefined;
}

/** Go's `map[string]struct{}`: only the keys matter. */
export type MarkedKeys = Readonly<Record<string, object | null>>;

/** Durations in nanoseconds. The engine's default applies to zero and absent values. */
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
  /** The command that created the layer. */
  readonly created_by?: string | undefined;
  readonly comment?: string | undefined;
  /** True for a step that created no layer. */
  readonly empty_layer?: boolean | undefined;
}
