/** How a disk performs and with which key it is encrypted. What is absent is the provider's default. */
export interface DiskOptions {
  /** I/O operations per second. */
  readonly iops?: number;
  /** MiB per second. */
  readonly throughput?: number;
  /** On EC2, with the account's default key for EBS if there is no key. Compute Engine encrypts every disk. */
  readonly encrypted?: true;
  /** The provider's name of the key: a KMS key's id, ARN or alias; `projects/P/locations/L/keyRings/R/cryptoKeys/K`. */
  readonly kmsKey?: string;
}

/** A disk in addition to the root disk, empty at first. */
export interface DataDisk extends DiskOptions {
  /** Unique among the machine's disks. */
  readonly name: string;
  /** The provider's name of the type; null for Slipway's or the provider's default. */
  readonly diskType: string | null;
  /** GiB. */
  readonly sizeGb: number;
  /** Whether it stays after the machine's termination. */
  readonly keepOnTermination: boolean;
}
