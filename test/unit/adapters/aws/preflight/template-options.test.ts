import type { ResponseLaunchTemplateData } from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { templateOptions } from "../../../../../adapters/aws/preflight/template-options.ts";
import type { AwsTarget } from "../../../../../src/plan/plan.ts";
import { awsTarget } from "../../../../support/ec2-launch.ts";

type Case = readonly [ResponseLaunchTemplateData, Partial<AwsTarget>, Partial<AwsTarget>];

describe("the options of a launch template", () => {
  it.each<Case>([
    [{ KeyName: "ops" }, {}, { keyName: "ops" }],
    [{ KeyName: "ops" }, { keyName: "own" }, {}],
    [{ SecurityGroupIds: ["sg-1"] }, {}, { securityGroupIds: ["sg-1"] }],
    [{ SecurityGroupIds: ["sg-1"] }, { securityGroupId: "sg-2" }, {}],
    [{ IamInstanceProfile: { Arn: "arn:1" } }, {}, { instanceProfileArn: "arn:1" }],
    [{ IamInstanceProfile: { Arn: "arn:1" } }, { instanceProfileArn: "arn:2" }, {}],
    [
      { MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 2, State: "applied" } },
      {},
      { metadataOptions: { httpPutResponseHopLimit: 2 } },
    ],
    [{ Placement: { Tenancy: "dedicated" } }, {}, { tenancy: "dedicated" }],
    [
      { MaintenanceOptions: { AutoRecovery: "disabled" } },
      {},
      { maintenance: { autoRecovery: "disabled" } },
    ],
    [{ CpuOptions: { AmdSevSnp: "enabled" } }, {}, { confidential: { amdSevSnp: true } }],
    [{ CpuOptions: { AmdSevSnp: "disabled" } }, {}, {}],
    [
      {
        CapacityReservationSpecification: {
          CapacityReservationPreference: "capacity-reservations-only",
          CapacityReservationTarget: { CapacityReservationId: "cr-1" },
        },
      },
      {},
      { capacityReservation: { id: "cr-1" } },
    ],
    [
      { InstanceMarketOptions: { MarketType: "spot", SpotOptions: { MaxPrice: "0.1" } } },
      { market: "SPOT" },
      { maxPrice: "0.1" },
    ],
    [
      { TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "a", Value: "1" }] }] },
      { tags: { b: "2" } },
      { tags: { a: "1", b: "2" } },
    ],
    [{ ImageId: "ami-1", InstanceType: "t3.nano", Monitoring: { Enabled: false } }, {}, {}],
    [{ InstanceInitiatedShutdownBehavior: "stop", BlockDeviceMappings: [] }, {}, {}],
  ])("of %j with a placement of %j are %j", (data, placement, options) => {
    expect(templateOptions(data, awsTarget(placement))).toEqual({ options, unsupported: [] });
  });

  it.each<readonly [ResponseLaunchTemplateData, Partial<AwsTarget>, string]>([
    [{ UserData: "IyE=" }, {}, "UserData"],
    [{ EbsOptimized: true }, {}, "EbsOptimized"],
    [{ NetworkInterfaces: [{ DeviceIndex: 0 }] }, {}, "NetworkInterfaces"],
    [{ SecurityGroups: ["default"] }, {}, "SecurityGroups"],
    [{ InstanceInitiatedShutdownBehavior: "terminate" }, {}, "InstanceInitiatedShutdownBehavior"],
    [{ IamInstanceProfile: { Name: "agents" } }, {}, "IamInstanceProfile.Name"],
    [{ MetadataOptions: { HttpTokens: "optional" } }, {}, "MetadataOptions.HttpTokens"],
    [{ MetadataOptions: { HttpEndpoint: "disabled" } }, {}, "MetadataOptions.HttpEndpoint"],
    [{ Placement: { GroupName: "near" } }, {}, "Placement.GroupName"],
    [{ CpuOptions: { CoreCount: 1 } }, {}, "CpuOptions.CoreCount"],
    [{ InstanceMarketOptions: { MarketType: "spot" } }, {}, "InstanceMarketOptions.MarketType"],
    [
      {
        InstanceMarketOptions: {
          MarketType: "spot",
          SpotOptions: { SpotInstanceType: "persistent" },
        },
      },
      { market: "SPOT" },
      "InstanceMarketOptions.SpotOptions.SpotInstanceType",
    ],
    [
      {
        InstanceMarketOptions: {
          MarketType: "spot",
          SpotOptions: { InstanceInterruptionBehavior: "stop" },
        },
      },
      { market: "SPOT" },
      "InstanceMarketOptions.SpotOptions.InstanceInterruptionBehavior",
    ],
    [
      { CapacityReservationSpecification: { CapacityReservationPreference: "open" } },
      { market: "SPOT" },
      "CapacityReservationSpecification",
    ],
    [
      { TagSpecifications: [{ ResourceType: "volume", Tags: [{ Key: "a", Value: "1" }] }] },
      {},
      "TagSpecifications.volume.a",
    ],
  ])("refuse %j with a placement of %j: %s", (data, placement, field) => {
    expect(templateOptions(data, awsTarget(placement)).unsupported).toEqual([field]);
  });
});
