import { z } from "zod";

/**
 * The members of Compute Engine's replies that Slipway reads, as the client returns them: 64-bit numbers are strings,
 * and omitted members are absent, null or empty.
 */
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? "");
const optionalText = z
  .string()
  .nullish()
  .transform((value) => (value === undefined || value === "" ? null : value));
const wholeNumber = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^-?\d{1,15}$/)
      .transform(Number),
  ])
  .nullish()
  .transform((value) => value ?? null);
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);
const listOf = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((value) => value ?? []);
const labels = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});
const deprecation = z
  .object({ state: optionalText, replacement: optionalText })
  .nullish()
  .transform((value) => value ?? null);

export const imageReply = z.object({
  /** The numeric id, which differs for every image, even under the same name. */
  id: z.string().regex(/^\d+$/),
  name: z.string(),
  selfLink: text,
  family: optionalText,
  /** `READY`, `PENDING`, `FAILED` or `DELETING`. */
  status: text,
  /** `X86_64`, `ARM64`, or null for an image without an architecture. */
  architecture: optionalText,
  diskSizeGb: wholeNumber,
  archiveSizeBytes: wholeNumber,
  creationTimestamp: optionalText,
  deprecated: deprecation,
  licenses: listOf(z.string()),
  guestOsFeatures: listOf(z.object({ type: text })),
});
export type ImageReply = z.output<typeof imageReply>;

export const zoneReply = z.object({
  name: z.string(),
  /** `UP` or `DOWN`. */
  status: text,
  region: text,
  deprecated: deprecation,
});
export type ZoneReply = z.output<typeof zoneReply>;

export const machineTypeReply = z.object({
  name: z.string(),
  guestCpus: wholeNumber,
  memoryMb: wholeNumber,
  isSharedCpu: flag,
  architecture: optionalText,
  deprecated: deprecation,
  /** GPUs that come with the type, such as `nvidia-l4`. */
  accelerators: listOf(
    z.object({ guestAcceleratorType: text, guestAcceleratorCount: wholeNumber }),
  ),
  /** The most disks that a machine may have. */
  maximumPersistentDisks: wholeNumber,
  bundledLocalSsds: z
    .object({ partitionCount: wholeNumber })
    .nullish()
    .transform((value) => value ?? null),
});
export type MachineTypeReply = z.output<typeof machineTypeReply>;

export const acceleratorTypeReply = z.object({
  name: z.string(),
  /** The most cards that one machine may have. */
  maximumCardsPerInstance: wholeNumber,
});
export type AcceleratorTypeReply = z.output<typeof acceleratorTypeReply>;

export const diskTypeReply = z.object({
  name: z.string(),
  selfLink: text,
  /** `10GB-65536GB` */
  validDiskSize: optionalText,
  defaultDiskSizeGb: wholeNumber,
  deprecated: deprecation,
});
export type DiskTypeReply = z.output<typeof diskTypeReply>;

export const reservationReply = z.object({
  name: z.string(),
  /** `READY`, `CREATING`, … */
  status: text,
  /** Whether only machines that name it consume it. */
  specificReservationRequired: flag,
  specificReservation: z
    .object({
      count: wholeNumber,
      inUseCount: wholeNumber,
      instanceProperties: z
        .object({
          machineType: text,
          guestAccelerators: listOf(
            z.object({ acceleratorType: text, acceleratorCount: wholeNumber }),
          ),
        })
        .nullish()
        .transform((value) => value ?? null),
    })
    .nullish()
    .transform((value) => value ?? null),
});
export type ReservationReply = z.output<typeof reservationReply>;

export const subnetworkReply = z.object({
  name: z.string(),
  selfLink: text,
  network: text,
  region: text,
  purpose: optionalText,
  ipCidrRange: optionalText,
  /** `IPV4_ONLY`, `IPV4_IPV6` or `IPV6_ONLY`. */
  stackType: optionalText,
});
export type SubnetworkReply = z.output<typeof subnetworkReply>;

export const permissionsReply = z.object({ permissions: listOf(z.string()) });

export const projectReply = z.object({ name: text, defaultServiceAccount: optionalText });

export const diskReply = z.object({
  name: z.string(),
  selfLink: text,
  sourceImage: optionalText,
  sourceImageId: optionalText,
  users: listOf(z.string()),
  type: text,
  sizeGb: wholeNumber,
  provisionedIops: wholeNumber,
  provisionedThroughput: wholeNumber,
  /** With the version of the key; absent for a key of Google's own. */
  diskEncryptionKey: z
    .object({ kmsKeyName: optionalText })
    .nullish()
    .transform((value) => value ?? null),
});
export type DiskReply = z.output<typeof diskReply>;

export const instanceReply = z.object({
  id: z.string().regex(/^\d+$/),
  name: z.string(),
  zone: text,
  /** `PROVISIONING`, `STAGING`, `RUNNING`, `STOPPING`, `TERMINATED`, … */
  status: text,
  statusMessage: optionalText,
  creationTimestamp: optionalText,
  machineType: text,
  labels,
  metadata: z
    .object({ items: listOf(z.object({ key: text, value: text })) })
    .nullish()
    .transform((value) => value ?? null),
  networkInterfaces: listOf(
    z.object({
      subnetwork: text,
      nicType: optionalText,
      stackType: optionalText,
      networkIP: optionalText,
      ipv6Address: optionalText,
      accessConfigs: listOf(z.object({ natIP: optionalText })),
      ipv6AccessConfigs: listOf(z.object({ externalIpv6: optionalText })),
    }),
  ),
  disks: listOf(
    z.object({
      boot: flag,
      source: text,
      architecture: optionalText,
      deviceName: text,
      autoDelete: flag,
    }),
  ),
  serviceAccounts: listOf(z.object({ email: text, scopes: listOf(z.string()) })),
  tags: z.object({ items: listOf(z.string()) }).nullish(),
  scheduling: z
    .object({
      provisioningModel: optionalText,
      instanceTerminationAction: optionalText,
      onHostMaintenance: optionalText,
      automaticRestart: z.boolean().nullish(),
    })
    .nullish(),
  shieldedInstanceConfig: z
    .object({ enableSecureBoot: flag, enableVtpm: flag, enableIntegrityMonitoring: flag })
    .nullish(),
  reservationAffinity: z
    .object({ consumeReservationType: optionalText, values: listOf(z.string()) })
    .nullish(),
  confidentialInstanceConfig: z
    .object({ enableConfidentialCompute: flag, confidentialInstanceType: optionalText })
    .nullish(),
});
export type InstanceReply = z.output<typeof instanceReply>;

/** Each zone with its instances, or with a warning why it has none here. */
export const scopedInstancesReply = z.array(
  z.tuple([
    z.string(),
    z.object({
      instances: listOf(instanceReply),
      warning: z
        .object({ code: text, message: text })
        .nullish()
        .transform((value) => value ?? null),
    }),
  ]),
);

const operationErrorReply = z
  .object({
    code: text,
    message: text,
    errorDetails: listOf(
      z.object({
        errorInfo: z.object({ reason: text }).nullish(),
        localizedMessage: z.object({ message: text }).nullish(),
        quotaInfo: z
          .object({
            metricName: text,
            limitName: text,
            dimensions: labels,
            limit: z
              .number()
              .nullish()
              .transform((value) => value ?? null),
          })
          .nullish(),
      }),
    ),
  })
  .transform(({ code, message, errorDetails }) => ({
    code,
    message,
    /** Names of what happened, more precise than the code. */
    reasons: errorDetails.flatMap(({ errorInfo }) => errorInfo?.reason || []),
    localizedMessage:
      errorDetails.find((one) => one.localizedMessage)?.localizedMessage?.message ?? null,
    quota: errorDetails.find((one) => one.quotaInfo)?.quotaInfo ?? null,
  }));

const bulkInsertStatus = z.object({
  createdVmCount: wholeNumber,
  deletedVmCount: wholeNumber,
  failedToCreateVmCount: wholeNumber,
  targetVmCount: wholeNumber,
});

export const operationReply = z.object({
  name: z.string(),
  /** `PENDING`, `RUNNING` or `DONE`. */
  status: text,
  zone: text,
  operationType: text,
  operationGroupId: optionalText,
  targetId: optionalText,
  targetLink: text,
  /** Empty on success. */
  error: z
    .object({ errors: listOf(operationErrorReply) })
    .nullish()
    .transform((value) => value?.errors ?? []),
  httpErrorStatusCode: wholeNumber,
  httpErrorMessage: optionalText,
  instancesBulkInsertOperationMetadata: z
    .object({
      perLocationStatus: z
        .record(z.string(), bulkInsertStatus)
        .nullish()
        .transform((value) => value ?? {}),
    })
    .nullish()
    .transform((value) => value?.perLocationStatus ?? {}),
});
export type OperationReply = z.output<typeof operationReply>;

export const serialOutputReply = z.object({
  contents: text,
  /** Offsets of the returned text and of the next read, in bytes. */
  start: wholeNumber,
  next: wholeNumber,
});
