import fc from "fast-check";
import { expect, it } from "vitest";
import {
  chooseGeneralType,
  findGeneralTypes,
} from "../../../../../adapters/aws/client/general-types.ts";
import { createAwsApi } from "../../../../../adapters/aws/client/api.ts";
import type { AwsApi } from "../../../../../adapters/aws/client/api.ts";
import { createAwsReader } from "../../../../../adapters/aws/client/reads.ts";
import { refusal } from "../../../../support/aws-refusals.ts";

const { signal } = new AbortController();
const A = "us-east-1a";
const B = "us-east-1b";

const TYPES = [
  { name: "a1.medium", memory: 8192, burstable: true, zones: [A, B] },
  { name: "t3.large", memory: 8192, burstable: true, zones: [A, B] },
  { name: "t3.medium", memory: 4096, burstable: true, zones: [A, B] },
  { name: "m7i.large", memory: 8192, burstable: false, zones: [A, B] },
  { name: "m6i.large", memory: 8192, burstable: false, zones: [B] },
  { name: "c7i.large", memory: 4096, burstable: false, zones: [A, B] },
] as const;
type Type = (typeof TYPES)[number];

/** An API that describes these types, one per page. */
function describing(types: readonly Type[], special: object = {}): AwsApi {
  const refuse = async () => {
    throw new Error("a connection was opened");
  };
  const noClients = { ec2: refuse, sts: refuse, accessKeyId: refuse, close: () => undefined };
  return {
    ...createAwsApi(noClients, "us-east-1"),
    async describeInstanceTypes({ NextToken = "0" }) {
      const type = types[Number(NextToken)];
      const next = Number(NextToken) + 1;
      const described = {
        VCpuInfo: { DefaultVCpus: 2 },
        MemoryInfo: { SizeInMiB: type?.memory ?? 0 },
        BurstablePerformanceSupported: type?.burstable ?? false,
        ...special,
      };
      return {
        $metadata: {},
        InstanceTypes: type === undefined ? [] : [{ ...described, ...named(type.name) }],
        ...(next < types.length ? { NextToken: String(next) } : {}),
      };
    },
  };
}

function named(name: Type["name"]) {
  return { InstanceType: name };
}

async function chosen(types: readonly Type[], zones: readonly string[], special: object = {}) {
  const offerings = async (names: readonly string[]) =>
    types.flatMap(({ name, zones: has }) =>
      names.includes(name) ? has.map((zone) => ({ instanceType: name, zone })) : [],
    );
  const found = await findGeneralTypes(describing(types, special), "x86_64", offerings, signal);
  return chooseGeneralType(found, zones)?.name ?? null;
}

it.each([
  [[B], "m6i.large"],
  [[A], "m7i.large"],
  [[A, B], "m7i.large"],
  [["us-east-1f"], null],
  [[], null],
] as const)("the default type in %j is %s", async (zones, name) => {
  expect(await chosen(TYPES, zones)).toBe(name);
});

it("the default type does not depend on the order of EC2's answer", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray([...TYPES], { minLength: TYPES.length }),
      async (types) => {
        expect(await chosen(types, [A, B])).toBe("m7i.large");
      },
    ),
  );
});

it.each([
  { BareMetal: true },
  { InstanceStorageSupported: true },
  { GpuInfo: {} },
  { NeuronInfo: {} },
])("a type with special hardware is never the default: %j", async (special) => {
  expect(await chosen(TYPES, [A], special)).toBeNull();
});

it("a refusal of the offerings names the call that EC2 refused", async () => {
  const words = "You are not authorized to perform this operation.";
  const api: AwsApi = {
    ...describing(TYPES),
    describeInstanceTypeOfferings: () =>
      Promise.reject(refusal("UnauthorizedOperation", 403, words)),
  };
  const reader = createAwsReader({ api, accessKeyId: async () => "key", now: () => 0 });
  await expect(reader.generalTypes("x86_64", signal)).rejects.toThrow(
    `DescribeInstanceTypeOfferings in us-east-1 (small x86_64 types): UnauthorizedOperation: ${words}`,
  );
});
