import {
  type Read,
  TAG_SPECIFICATIONS,
  flag,
  integer,
  list,
  oneOf,
  required,
  structure,
  text,
} from "../parameters.ts";

const SWITCH = oneOf("enabled", "disabled");

export const BLOCK_DEVICES = list(
  structure({
    DeviceName: text,
    VirtualName: text,
    NoDevice: text,
    Ebs: structure({
      DeleteOnTermination: flag,
      Encrypted: flag,
      Iops: integer,
      KmsKeyId: text,
      SnapshotId: text,
      Throughput: integer,
      VolumeSize: integer,
      VolumeType: oneOf("standard", "io1", "io2", "gp2", "gp3", "sc1", "st1"),
    }),
  }),
);
export type BlockDeviceParameters = ReturnType<typeof BLOCK_DEVICES>;

const NETWORK_INTERFACES = list(
  structure({
    AssociatePublicIpAddress: flag,
    DeleteOnTermination: flag,
    Description: text,
    DeviceIndex: integer,
    InterfaceType: text,
    Ipv6AddressCount: integer,
    NetworkCardIndex: integer,
    PrivateIpAddress: text,
    SecurityGroupId: list(text),
    SubnetId: text,
  }),
);

/** The supported parameters of RunInstances. EC2's others (launch templates, elastic GPUs, …) are rejected as unknown. */
export const RUN_INSTANCES = {
  BlockDeviceMapping: BLOCK_DEVICES,
  CapacityReservationSpecification: structure({
    CapacityReservationPreference: oneOf("open", "none", "capacity-reservations-only"),
    CapacityReservationTarget: structure({
      CapacityReservationId: text,
      CapacityReservationResourceGroupArn: text,
    }),
  }),
  ClientToken: text,
  CpuOptions: structure({ AmdSevSnp: SWITCH, CoreCount: integer, ThreadsPerCore: integer }),
  CreditSpecification: structure({ CpuCredits: required(oneOf("standard", "unlimited")) }),
  DisableApiTermination: flag,
  EbsOptimized: flag,
  EnclaveOptions: structure({ Enabled: flag }),
  HibernationOptions: structure({ Configured: flag }),
  IamInstanceProfile: structure({ Arn: text, Name: text }),
  ImageId: required(text),
  InstanceInitiatedShutdownBehavior: oneOf("stop", "terminate"),
  InstanceMarketOptions: structure({
    MarketType: oneOf("spot"),
    SpotOptions: structure({
      InstanceInterruptionBehavior: oneOf("hibernate", "stop", "terminate"),
      MaxPrice: text,
      SpotInstanceType: oneOf("one-time", "persistent"),
      ValidUntil: text,
    }),
  }),
  InstanceType: required(text),
  Ipv6AddressCount: integer,
  KeyName: text,
  MaintenanceOptions: structure({ AutoRecovery: oneOf("disabled", "default") }),
  MaxCount: required(integer),
  MetadataOptions: structure({
    HttpEndpoint: SWITCH,
    HttpProtocolIpv6: SWITCH,
    HttpPutResponseHopLimit: integer,
    HttpTokens: oneOf("optional", "required"),
    InstanceMetadataTags: SWITCH,
  }),
  MinCount: required(integer),
  Monitoring: structure({ Enabled: required(flag) }),
  NetworkInterface: NETWORK_INTERFACES,
  Placement: structure({
    AvailabilityZone: text,
    AvailabilityZoneId: text,
    HostId: text,
    Tenancy: oneOf("default", "dedicated", "host"),
  }),
  PrivateDnsNameOptions: structure({
    EnableResourceNameDnsARecord: flag,
    EnableResourceNameDnsAAAARecord: flag,
    HostnameType: oneOf("ip-name", "resource-name"),
  }),
  PrivateIpAddress: text,
  SecurityGroup: list(text),
  SecurityGroupId: list(text),
  SubnetId: text,
  TagSpecification: TAG_SPECIFICATIONS,
  UserData: text,
} as const;
export type RunParameters = Read<typeof RUN_INSTANCES>;
