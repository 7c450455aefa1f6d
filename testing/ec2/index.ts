export type { Ec2Account } from "./account-handle.ts";
export type {
  Timing as Ec2Timing,
  TokenAfterTermination as Ec2TokenAfterTermination,
} from "./action.ts";
export { parseEc2Faults } from "./faults.ts";
export type {
  Ec2Instance,
  Ec2Region,
  ImageChange as Ec2ImageChange,
  PoolName as Ec2PoolName,
  SubnetOptions as Ec2SubnetOptions,
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
  Architecture as Ec2Architecture,
  ImageState as Ec2ImageState,
  InstanceState as Ec2InstanceState,
  Market as Ec2Market,
} from "./records.ts";
export type { Ec2Request } from "./request-entry.ts";
export {
  type Ec2Options,
  type Ec2Fake,
  type MetadataOptions as Ec2MetadataOptions,
  startEc2,
} from "./server.ts";
