import { z } from "zod";
import { resource, wholeNumber } from "../body.ts";
import { CONFIDENTIAL_TYPES, RESERVATION_TYPES } from "../records.ts";

const labels = z.record(z.string(), z.string());

const attachedDisk = resource(
  {
    boot: z.boolean().optional(),
    autoDelete: z.boolean().optional(),
    deviceName: z.string().optional(),
    mode: z.enum(["READ_WRITE", "READ_ONLY"]).optional(),
    source: z.string().optional(),
    diskSizeGb: wholeNumber.optional(),
    type: z.enum(["PERSISTENT", "SCRATCH"]).optional(),
    initializeParams: resource(
      {
        sourceImage: z.string().optional(),
        diskName: z.string().optional(),
        diskSizeGb: wholeNumber.optional(),
        diskType: z.string().optional(),
        labels: labels.optional(),
        architecture: z.string().optional(),
        provisionedIops: wholeNumber.optional(),
        provisionedThroughput: wholeNumber.optional(),
      },
      "description licenses onUpdateAction replicaZones resourceManagerTags " +
        "resourcePolicies sourceImageEncryptionKey enableConfidentialCompute storagePool",
    ).optional(),
    diskEncryptionKey: resource(
      { kmsKeyName: z.string().optional() },
      "kmsKeyServiceAccount rawKey rsaEncryptedKey sha256",
    ).optional(),
  },
  "kind index interface guestOsFeatures licenses architecture forceAttach savedState " +
    "shieldedInstanceInitialState",
);
export type DiskRequest = z.output<typeof attachedDisk>;

const networkInterface = resource(
  {
    network: z.string().optional(),
    subnetwork: z.string().optional(),
    networkIP: z.string().optional(),
    nicType: z.enum(["GVNIC", "VIRTIO_NET", "IDPF"]).optional(),
    stackType: z.enum(["IPV4_ONLY", "IPV4_IPV6", "IPV6_ONLY"]).optional(),
    accessConfigs: z
      .array(
        resource(
          {
            type: z.enum(["ONE_TO_ONE_NAT", "DIRECT_IPV6"]).optional(),
            name: z.string().optional(),
            natIP: z.string().optional(),
            networkTier: z.enum(["PREMIUM", "STANDARD"]).optional(),
          },
          "kind setPublicPtr publicPtrDomainName securityPolicy externalIpv6 externalIpv6PrefixLength",
        ),
      )
      .max(1)
      .optional(),
  },
  "kind name fingerprint aliasIpRanges ipv6AccessConfigs ipv6AccessType ipv6Address queueCount igmpQuery " +
    "internalIpv6PrefixLength networkAttachment vlan parentNicName serviceClassId",
);
export type NetworkRequest = z.output<typeof networkInterface>;

/** Fields common to an instance and to the properties of a bulk insert. */
const shape = {
  machineType: z.string(),
  description: z.string().max(2048).optional(),
  labels: labels.optional(),
  metadata: resource(
    { items: z.array(resource({ key: z.string(), value: z.string().optional() })).optional() },
    "kind fingerprint",
  ).optional(),
  tags: resource({ items: z.array(z.string()).optional() }, "fingerprint").optional(),
  disks: z.array(attachedDisk).optional(),
  networkInterfaces: z.array(networkInterface).optional(),
  serviceAccounts: z
    .array(resource({ email: z.string(), scopes: z.array(z.string()).optional() }))
    .max(1)
    .optional(),
  shieldedInstanceConfig: resource({
    enableSecureBoot: z.boolean().optional(),
    enableVtpm: z.boolean().optional(),
    enableIntegrityMonitoring: z.boolean().optional(),
  }).optional(),
  reservationAffinity: resource({
    consumeReservationType: z.enum(RESERVATION_TYPES).optional(),
    key: z.string().optional(),
    values: z.array(z.string()).optional(),
  }).optional(),
  confidentialInstanceConfig: resource({
    enableConfidentialCompute: z.boolean().optional(),
    confidentialInstanceType: z.enum(CONFIDENTIAL_TYPES).optional(),
  }).optional(),
  scheduling: resource(
    {
      automaticRestart: z.boolean().optional(),
      onHostMaintenance: z.enum(["MIGRATE", "TERMINATE"]).optional(),
      provisioningModel: z.enum(["STANDARD", "SPOT"]).optional(),
      preemptible: z.boolean().optional(),
      instanceTerminationAction: z.enum(["DELETE", "STOP"]).optional(),
    },
    "availabilityDomain hostErrorTimeoutSeconds localSsdRecoveryTimeout locationHint maxRunDuration minNodeCpus " +
      "nodeAffinities onInstanceStopAction terminationTime gracefulShutdown skipGuestOsShutdown " +
      "preemptionNoticeDuration exposeHostTopology",
  ).optional(),
  canIpForward: z.boolean().optional(),
  guestAccelerators: z
    .array(resource({ acceleratorType: z.string(), acceleratorCount: z.int().min(0) }))
    .optional(),
};
const ALSO_TAKEN =
  "advancedMachineFeatures keyRevocationActionType minCpuPlatform " +
  "networkPerformanceConfig privateIpv6GoogleAccess resourcePolicies localSsdEncryptionMode " +
  "workloadIdentityConfig";

export const instanceBody = resource(
  {
    ...shape,
    name: z.string(),
    hostname: z.string().optional(),
    deletionProtection: z.boolean().optional(),
  },
  `${ALSO_TAKEN} kind id creationTimestamp zone status statusMessage selfLink cpuPlatform fingerprint labelFingerprint ` +
    "displayDevice instanceEncryptionKey params resourceStatus shieldedInstanceIntegrityPolicy lastStartTimestamp " +
    "lastStopTimestamp lastSuspendedTimestamp satisfiesPzi satisfiesPzs startRestricted",
);

const instanceProperties = resource(shape, `${ALSO_TAKEN} resourceManagerTags`);
export type InstanceProperties = z.output<typeof instanceProperties>;

export const bulkBody = resource({
  count: wholeNumber.optional(),
  minCount: wholeNumber.optional(),
  namePattern: z.string().optional(),
  perInstanceProperties: z
    .record(z.string(), resource({ name: z.string().optional(), hostname: z.string().optional() }))
    .optional(),
  instanceProperties,
});
export type BulkBody = z.output<typeof bulkBody>;
