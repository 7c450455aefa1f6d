export type { Ec2Account, ProfileTimes as Ec2ProfileTimes } from "./account-handle.ts";
export type {
  Timing as Ec2Timing,
  TokenAfterTermination as Ec2TokenAfterTermination,
} from "./action.ts";
export { parseEc2Faults } from "./faults.ts";
export type {
  Ec2Attachment,
  Ec2Instance,
  Ec2Region,
  HostOptions as Ec2HostOptions,
  ImageChange as Ec2ImageChange,
  PoolName as Ec2PoolName,
  SpotPool as Ec2SpotPool,
  SpotPrices as Ec2SpotPrices,
  SubnetOptions as Ec2SubnetOptions,
  VpcOptions as Ec2VpcOptions,
} from "./handle.ts";
export { AMAZON_ACCOUNT, type ImageOptions as Ec2ImageOptions } from "./images.ts";
export type { InstanceType as Ec2InstanceType } from "./instance-types.ts";
export type {
  BucketSize as Ec2BucketSize,
  RateLimit as Ec2RateLimit,
  RateTable as Ec2RateTable,
  RatedCall as Ec2RatedCall,
} from "./rate-limits.ts";
export type {
  Account as Ec2AccountRecord,
  Architecture as Ec2Architecture,
  CapacityReservation as Ec2CapacityReservation,
  Host as Ec2Host,
  Image as Ec2ImageRecord,
  ImageState as Ec2ImageState,
  Instance as Ec2InstanceRecord,
  InstanceState as Ec2InstanceState,
  LaunchTemplate as Ec2LaunchTemplate,
  Market as Ec2Market,
  NetworkInterface as Ec2NetworkInterface,
  Pool as Ec2Pool,
  SpotPrice as Ec2SpotPrice,
  Volume as Ec2Volume,
  Vpc as Ec2Vpc,
} from "./records.ts";
export type { Ec2Request } from "./request-entry.ts";
export {
  type Ec2Options,
  type Ec2Fake,
  type MetadataOptions as Ec2MetadataOptions,
  startEc2,
} from "./server.ts";
export type { ImageDevice as Ec2ImageDevice } from "./images.ts";
export type {
  Ec2Reservations,
  ReservationOptions as Ec2ReservationOptions,
} from "./reservation-handle.ts";
export type { Ec2Templates, TemplateData as Ec2TemplateData } from "./template-handle.ts";
