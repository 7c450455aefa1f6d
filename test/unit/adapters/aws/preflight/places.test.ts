import { describe, expect, it } from "vitest";
import { placeChecks } from "../../../../../adapters/aws/preflight/place-checks.ts";
import { ipv6OnlySubnetsOf, judgePlaces } from "../../../../../adapters/aws/preflight/places.ts";
import type { PlaceCheckInput } from "../../../../../adapters/aws/preflight/places.ts";
import type { TypeChoice } from "../../../../../adapters/aws/preflight/type-choice.ts";
import { failed } from "../../../../../src/substrate/check.ts";
import { chooseSecurityGroup } from "../../../../../adapters/aws/preflight/security-group.ts";
import { awsTarget, candidate } from "../../../../support/ec2-launch.ts";

const ZONES = ["us-east-1a", "us-east-1b"];
const INFO = { SupportedUsageClasses: ["on-demand"] } satisfies TypeChoice["info"];

function types(change: Partial<TypeChoice> = {}): readonly [TypeChoice] {
  return [{ name: "m7i.large", info: INFO, zones: ZONES, refusal: null, ...change }];
}
const KNOWN = { types: types(), zonesError: null };

function subnet(name: string, zone = "us-east-1a") {
  return {
    SubnetId: name,
    AvailabilityZone: zone,
    VpcId: "vpc-a",
    State: "available",
    AvailableIpAddressCount: 10,
  } as const;
}

const DUAL = { ...subnet("subnet-1"), Ipv6CidrBlockAssociationSet: [{}] };

function judge(change: Partial<PlaceCheckInput>) {
  return judgePlaces({
    candidates: [candidate("subnet-1")],
    target: awsTarget({ subnetIds: ["subnet-1"] }),
    subnets: [subnet("subnet-1")],
    securityGroups: [],
    reservation: null,
    types: types(),
    ...change,
  });
}

describe("a place", () => {
  it("is in its subnet's zone", () => {
    const subnets = [subnet("subnet-1", "us-east-1b")];
    expect(judge({ subnets })[0]?.candidate).toMatchObject({
      place: "us-east-1b",
      verdict: "eligible",
      reason: null,
    });
  });

  it.each<readonly [string, Partial<PlaceCheckInput>, readonly string[]]>([
    ["has no subnet", { subnets: [] }, ["SUBNET_NOT_FOUND"]],
    [
      "is not ready",
      { subnets: [{ ...subnet("subnet-1"), State: "pending" }] },
      ["PLACE_UNAVAILABLE"],
    ],
    ["is in another VPC", { target: awsTarget({ vpcId: "vpc-b" }) }, ["NETWORK_MISMATCH"]],
    [
      "is in another VPC than the group",
      {
        securityGroups: [
          { GroupId: "sg-0", VpcId: "vpc-a" },
          { GroupId: "sg-1", VpcId: "vpc-b" },
        ],
      },
      ["NETWORK_MISMATCH"],
    ],
    [
      "is IPv6-only, for a Xen type",
      {
        subnets: [{ ...subnet("subnet-1"), AvailableIpAddressCount: 0, Ipv6Native: true }],
        types: types({ info: { ...INFO, Hypervisor: "xen" } }),
      },
      ["IPV6_UNSUPPORTED"],
    ],
    [
      "is IPv6-only, for a type without IPv6",
      {
        subnets: [{ ...subnet("subnet-1"), Ipv6Native: true }],
        types: types({ info: { ...INFO, NetworkInfo: { Ipv6Supported: false } } }),
      },
      ["IPV6_UNSUPPORTED"],
    ],
    [
      "loses its IPv6 block, with IPv6 addresses requested",
      {
        target: awsTarget({ ipv6AddressCount: 1 }),
        subnets: [
          {
            ...subnet("subnet-1"),
            Ipv6CidrBlockAssociationSet: [{ Ipv6CidrBlockState: { State: "disassociating" } }],
          },
        ],
      },
      ["IPV6_UNSUPPORTED"],
    ],
    [
      "is dual-stack, for a type without IPv6",
      {
        target: awsTarget({ ipv6AddressCount: 1 }),
        subnets: [DUAL],
        types: types({ info: { ...INFO, NetworkInfo: { Ipv6Supported: false } } }),
      },
      ["IPV6_UNSUPPORTED"],
    ],
    [
      "is full",
      { subnets: [{ ...subnet("subnet-1"), AvailableIpAddressCount: 0 }] },
      ["SUBNET_FULL"],
    ],
    [
      "does not offer the type",
      { types: types({ zones: ["us-east-1b"] }) },
      ["MACHINE_TYPE_NOT_OFFERED"],
    ],
    [
      "is in a market without the type",
      { candidates: [candidate("subnet-1", { market: "spot" })] },
      ["NOT_OFFERED_HERE"],
    ],
    [
      "is in a market without the type, whatever its tenancy",
      {
        candidates: [candidate("subnet-1", { market: "spot" })],
        target: awsTarget({ tenancy: "dedicated" }),
      },
      ["NOT_OFFERED_HERE"],
    ],
    [
      "is wrong in two ways",
      {
        subnets: [{ ...subnet("subnet-1"), AvailableIpAddressCount: 0 }],
        types: types({ zones: [] }),
      },
      ["SUBNET_FULL", "MACHINE_TYPE_NOT_OFFERED"],
    ],
  ])("is rejected if it %s", (_what, change, reasons) => {
    const places = judge(change);
    expect(places[0]?.candidate.verdict).toBe("rejected");
    expect(places[0]?.refusals.map(({ reason }) => reason)).toEqual(reasons);
    const checks = placeChecks(places, KNOWN, change.target);
    const failed = checks.filter(({ outcome }) => outcome === "failed");
    expect(failed.map(({ reason }) => reason)).toEqual(reasons);
  });

  it.each([
    ["an old type", { Hypervisor: "xen", NetworkInfo: { Ipv6AddressesPerInterface: 2 } }],
    ["a type of which EC2 states no limit", {}],
  ] as const)("that is dual-stack may have the IPv6 addresses of %s", (_what, info) => {
    const target = awsTarget({ ipv6AddressCount: 2 });
    const places = judge({ target, subnets: [DUAL], types: types({ info: { ...INFO, ...info } }) });
    expect(places[0]?.candidate.verdict).toBe("eligible");
    const checks = placeChecks(places, KNOWN, target).map(({ name }) => name);
    expect(checks).toEqual(expect.arrayContaining(["subnets.ipv6", "machine-type.ipv6-addresses"]));
  });

  it("has the same message whatever the number of free addresses", () => {
    const checks = (free: number) =>
      placeChecks(
        judge({ subnets: [{ ...subnet("subnet-1"), AvailableIpAddressCount: free }] }),
        KNOWN,
      );
    expect(checks(1)).toEqual(checks(4000));
  });

  it("skips the checks of an instance type that could not be read", () => {
    const unknown = { types: types({ info: null, zones: null }), zonesError: null };
    const places = judge(unknown);
    const skipped = placeChecks(places, unknown).filter(({ outcome }) => outcome === "skipped");
    expect(skipped.map(({ name }) => name)).toEqual([
      "machine-type.offered",
      "machine-type.ipv6",
      "machine-type.market",
    ]);
  });
});

describe("places of several types", () => {
  const several = [
    ...types({ zones: ["us-east-1b"] }),
    ...types({ name: "m6i.large" }),
    ...types({
      name: "m5.large",
      refusal: failed("machine-type.exists", {
        code: "FAILED_PRECONDITION",
        reason: "MACHINE_TYPE_NOT_FOUND",
        message: "EC2 has no instance type m5.large",
        remedy: "",
      }),
    }),
  ];
  const candidates = several.map(({ name }) => candidate("subnet-1", { machineType: name }));
  const places = judge({ candidates, types: several });

  it("are judged by their own type, each with its reason", () => {
    expect(places.map((place) => [place.candidate.machineType, place.candidate.reason])).toEqual([
      ["m7i.large", "m7i.large is not offered in us-east-1a"],
      ["m6i.large", null],
      ["m5.large", "EC2 has no instance type m5.large"],
    ]);
  });

  it("fail no check while one type is left", () => {
    const checks = placeChecks(places, { types: several, zonesError: null });
    expect(checks.filter(({ outcome }) => outcome !== "passed")).toEqual([]);
    expect(checks.map(({ message }) => message)).toContain(
      "m7i.large is not offered in us-east-1a",
    );
  });

  it("fail the checks of their types if none is left", () => {
    const left = several.filter(({ name }) => name === "m7i.large");
    const none = judge({ candidates: candidates.slice(0, 1), types: left });
    const checks = placeChecks(none, { types: left, zonesError: null });
    const failure = checks.find(({ outcome }) => outcome === "failed");
    expect(failure).toMatchObject({
      reason: "MACHINE_TYPE_NOT_OFFERED",
      metadata: { places: [{ machine_type: "m7i.large" }] },
    });
  });
});

describe("the security group", () => {
  const groups = [
    { GroupId: "sg-a", VpcId: "vpc-a" },
    { GroupId: "sg-b", VpcId: "vpc-b" },
  ];

  it("is the default group of the VPC of the eligible places", () => {
    expect(chooseSecurityGroup(awsTarget(), groups, judge({})).ids).toEqual(["sg-a"]);
  });

  it("is left to EC2 if the subnets are in several VPCs", () => {
    const places = judge({
      candidates: [candidate("subnet-1"), candidate("subnet-2")],
      subnets: [subnet("subnet-1"), { ...subnet("subnet-2"), VpcId: "vpc-b" }],
    });
    const choice = chooseSecurityGroup(awsTarget(), groups, places);
    expect(choice.ids).toEqual([]);
    expect(choice.check.outcome).toBe("passed");
  });

  it("has to be named if the VPC's default group belongs to another account", () => {
    const { check } = chooseSecurityGroup(awsTarget(), [], judge({}));
    expect(check).toMatchObject({ outcome: "failed", reason: "SECURITY_GROUP_NOT_FOUND" });
  });
});

describe("an IPv6-only subnet", () => {
  const BLOCK = { Ipv6CidrBlock: "2001:db8::/64" };

  it.each([
    ["that assigns addresses", { AssignIpv6AddressOnCreation: true }, true],
    [
      "that assigns none",
      { AssignIpv6AddressOnCreation: false, Ipv6CidrBlockAssociationSet: [BLOCK] },
      false,
    ],
    // EC2: "No IPv6 CIDR block is associated with the subnet".
    [
      "without a block",
      { AssignIpv6AddressOnCreation: false, Ipv6CidrBlockAssociationSet: [] },
      true,
    ],
  ])("%s gets no request for an address unless it needs one", (_which, change, assigns) => {
    const subnets = [{ ...subnet("subnet-1"), Ipv6Native: true, ...change }];
    expect(ipv6OnlySubnetsOf(subnets)).toEqual([{ subnet: "subnet-1", assignsAddresses: assigns }]);
  });
});
