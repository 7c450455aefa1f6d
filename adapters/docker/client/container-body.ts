/** Body of `POST /containers/create`. Its `Env` contains secrets: never log or store it. */
export interface ContainerBody extends ProcessOptions {
  readonly Image: string;
  readonly Env: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
  readonly ExposedPorts: Readonly<Record<string, object>>;
  readonly HostConfig: HostOptions & {
    readonly PortBindings: Readonly<
      Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[]>
    >;
    readonly NetworkMode?: string;
    readonly Memory?: number;
    readonly MemorySwap?: number;
    readonly CpuShares?: number;
    readonly NanoCpus?: number;
  };
}

/** The process that replaces the image's own. */
export interface ProcessOptions {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly User?: string;
}

/** Options by the names of the engine's API. An undefined member is not sent. */
export interface HostOptions {
  readonly Mounts?: readonly MountBody[] | undefined;
  readonly ExtraHosts?: readonly string[] | undefined;
  readonly Dns?: readonly string[] | undefined;
  readonly DnsSearch?: readonly string[] | undefined;
  readonly DnsOptions?: readonly string[] | undefined;
  readonly Devices?:
    | readonly {
        readonly PathOnHost: string;
        readonly PathInContainer: string;
        readonly CgroupPermissions: string;
      }[]
    | undefined;
  readonly DeviceRequests?: readonly DeviceRequest[] | undefined;
  readonly Privileged?: boolean | undefined;
  readonly Runtime?: string | undefined;
  readonly LogConfig?:
    | {
        readonly Type?: string | undefined;
        readonly Config?: Readonly<Record<string, string>> | undefined;
      }
    | undefined;
  readonly ShmSize?: number | undefined;
  readonly Ulimits?:
    | readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[]
    | undefined;
  readonly Tmpfs?: Readonly<Record<string, string>> | undefined;
  readonly CapAdd?: readonly string[] | undefined;
  readonly CapDrop?: readonly string[] | undefined;
  readonly SecurityOpt?: readonly string[] | undefined;
  readonly MaskedPaths?: readonly string[] | undefined;
  readonly ReadonlyPaths?: readonly string[] | undefined;
  readonly Init?: boolean | undefined;
}

export interface MountBody {
  readonly Type: "bind" | "volume";
  readonly Source?: string;
  readonly Target: string;
  readonly ReadOnly: boolean;
  readonly VolumeOptions?: { readonly DriverConfig: { readonly Name: string } };
}

export interface DeviceRequest {
  readonly Driver?: string | undefined;
  readonly Count?: number;
  readonly DeviceIDs?: readonly string[];
  readonly Capabilities?: readonly (readonly string[])[];
  readonly Options?: Readonly<Record<string, string>> | undefined;
}
