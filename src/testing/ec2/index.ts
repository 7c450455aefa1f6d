export type { Timing as Ec2Timing, TokenAfterTermination } from "./action.ts";
export { type Ec2Fault, type Ec2FaultHandle, parseEc2Faults } from "./faults.ts";
export type { Ec2Instance, Ec2Region, ImageChange, PoolName, SubnetOptions } from "./handle.ts";
export { AMAZON_ACCOUNT, type ImageOptions as Ec2ImageOptions } from "./images.ts";
export type { InstanceType as Ec2InstanceType } from "./instance-types.ts";
export type { BucketSize, RateLimit, RateTable, RatedCall } from "./rate-limits.ts";
export type { Architecture, ImageState, InstanceState, Market } from "./records.ts";
export type { Ec2Request } from "./request-log.ts";
export { type Ec2Options, type Ec2StandIn, startEc2 } from "./server.ts";
