import { describe, expect, it } from "vitest";
import { freezePlan } from "../../src/plan/plan.ts";
import { startEc2 } from "../../testing/ec2/index.ts";
import type { Ec2Region } from "../../testing/ec2/index.ts";
import { ec2Cli, setWorkspaceRecords } from "../cli/support/ec2-cli.ts";
import { EC2_ACCOUNT, ec2Launch, ec2Plan } from "../support/ec2-launch.ts";
import { ec2Scene, failures } from "../support/ec2-resolve.ts";
import type { Ec2Scene, ResolveParameters } from "../support/ec2-resolve.ts";

const { signal } = new AbortController();
const ZONE = "us-east-1a";

/** Resolves, launches and returns the machine as the adapter and as the fake see it. */
async function launched(scene: Ec2Scene, question: ResolveParameters, count = 1) {
  const { report, checks, inspection } = await scene.resolve(question);
  expect(failures(checks)).toEqual({});
  const { planId: _planId, ...plan } = ec2Plan(scene.region, {
    plan: {
      candidates: report.candidates,
      machineType: report.machineType,
      settings: report.settings,
      ...(inspection.artifact === null ? {} : { artifact: inspection.artifact }),
    },
  });
  const place = report.candidates.find(({ verdict }) => verdict === "eligible");
  if (place === undefined) throw new Error("the plan has no eligible candidate");
  const launch = ec2Launch(freezePlan(plan), "spawn-1", { place, count });
  const outcomes = await scene.open(question).launch(launch, signal);
  const machines = outcomes.flatMap((one) => (one.outcome === "accepted" ? [one.machine] : []));
  expect(machines).toHaveLength(count);
  return { machines, checks, instances: scene.region.instances() };
}

function ipv6Only(region: Ec2Region, change: Partial<Parameters<Ec2Region["addSubnet"]>[0]> = {}) {
  return region.addSubnet({ zone: ZONE, cidr: null, ...change });
}

describe("an IPv6-only subnet", () => {
  it("is not full, and its machines have an IPv6 address and the IPv6 endpoint of the metadata", async () => {
    await using scene = await ec2Scene();
    const subnetIds = [ipv6Only(scene.region)];
    const { machines, instances } = await launched(scene, { target: { subnetIds } }, 3);
    const addresses = machines.map(({ addresses: { private: address } }) => address);
    expect(new Set(addresses).size).toBe(3);
    for (const address of addresses) expect(address).toMatch(/^2001:db8:0:1(?::[0-9a-f]{4}){4}$/);
    for (const instance of instances)
      expect(instance).toMatchObject({
        privateIp: null,
        publicIp: null,
        metadataOptions: { httpProtocolIpv6: "enabled", httpTokens: "required" },
      });
  });

  it("gets a request for an address if it assigns none by itself", async () => {
    await using scene = await ec2Scene();
    const subnetIds = [ipv6Only(scene.region, { assignIpv6: false })];
    const { machines } = await launched(scene, { target: { subnetIds } });
    expect(machines[0]?.addresses.private).toMatch(/^2001:db8:/);
  });

  it("gets no request for a public address, and the plan warns of it", async () => {
    await using scene = await ec2Scene();
    const subnetIds = [ipv6Only(scene.region), scene.region.addSubnet({ zone: ZONE })];
    const question = { target: { subnetIds, assignPublicIp: true } };
    const { checks, machines } = await launched(scene, question);
    expect(checks.find(({ name }) => name === "subnets.public-address")).toMatchObject({
      outcome: "warning",
      reason: "PUBLIC_ADDRESS",
      message: `${subnetIds[0]} is IPv6-only: its machines get an IPv6 address and no public IPv4 address, although the placement has assign_public_ip: true`,
    });
    expect(machines[0]?.addresses).toMatchObject({ public: null });
  });

  it("is rejected for a type that is not built on the Nitro System, and another subnet is used", async () => {
    await using scene = await ec2Scene();
    const only = ipv6Only(scene.region);
    const dual = scene.region.addSubnet({ zone: ZONE, ipv6Cidr: "2001:db8:0:2::/64" });
    const xen = { machineType: "t2.micro", shape: { vcpus: 1, memoryGb: 1 } };
    const alone = await scene.resolve({ ...xen, target: { subnetIds: [only] } });
    expect(failures(alone.checks)).toEqual({ "machine-type.ipv6": "IPV6_UNSUPPORTED" });
    const { machines, instances } = await launched(scene, {
      ...xen,
      target: { subnetIds: [only, dual] },
    });
    expect(machines).toHaveLength(1);
    expect(instances).toMatchObject([{ subnetId: dual, ipv6: null }]);
  });
});

describe("a dual-stack subnet", () => {
  it.each([
    [true, /^2001:db8:0:2:/],
    [false, /^none$/],
  ])("gives an IPv6 address if it assigns them: %s", async (assignIpv6, ipv6) => {
    await using scene = await ec2Scene();
    const ipv6Cidr = "2001:db8:0:2::/64";
    const subnetIds = [scene.region.addSubnet({ zone: ZONE, ipv6Cidr, assignIpv6 })];
    const { instances, machines } = await launched(scene, { target: { subnetIds } });
    const [instance] = instances;
    const [machine] = machines;
    expect(machine?.addresses.private).toMatch(/^10\.0\.0\./);
    expect(machine?.addresses.ipv6 ?? "none").toMatch(ipv6);
    expect(instance?.metadataOptions.httpProtocolIpv6).toBe("disabled");
  });
});

describe("the command line", () => {
  it("records and shows the addresses of both versions", { timeout: 60_000 }, async () => {
    await using ec2 = await startEc2({ timing: { pendingMs: 0 } });
    const region = ec2.region("us-east-1", EC2_ACCOUNT);
    const vpc = { zone: ZONE, vpcId: region.vpcId };
    const dual = region.addSubnet({ ...vpc, ipv6Cidr: "2001:db8:0:2::/64", assignIpv6: true });
    const only = ipv6Only(region, vpc);
    const place = { account: EC2_ACCOUNT, groupId: region.securityGroupId };
    using cli = ec2Cli(ec2.url, { ...place, subnetIds: [], imageId: "" });
    const imageId = region.images.x86_64;
    await setWorkspaceRecords(cli, { ...place, imageId, subnetIds: [dual] });
    await cli.run(["spawn", "agent-dev", "--id", "dual"]);
    await setWorkspaceRecords(cli, { ...place, imageId, subnetIds: [only] });
    await cli.run(["spawn", "agent-dev", "--id", "only"]);
    const ipv6 = expect.stringMatching(/^2001:db8:0:/);
    const address = expect.stringMatching(/^10\.0\.0\./);
    expect(await cli.json(["describe", "dual"])).toMatchObject({
      machine: { addresses: { private: address, public: null, ipv6 } },
    });
    expect(await cli.json(["describe", "only"])).toMatchObject({
      machine: { addresses: { private: ipv6, public: null, ipv6 } },
    });
    expect(await cli.run(["describe", "dual", "-o", "table"])).toMatch(/^ +IPV6 +2001:db8:0:2:/mu);
  });
});

describe("a subnet that another account shares", () => {
  const OWNER = "210987654321";

  it("is used with a security group of the placement's account", async () => {
    await using scene = await ec2Scene();
    const vpcId = scene.region.addVpc();
    const shared = { zone: ZONE, vpcId, owner: OWNER, sharedWith: ["123456789012"] };
    const subnetIds = [scene.region.addSubnet(shared)];
    const securityGroupId = scene.region.addSecurityGroup({ name: "agents", vpcId });
    const { instances } = await launched(scene, { target: { subnetIds, securityGroupId } });
    expect(instances).toMatchObject([{ subnetId: subnetIds[0], account: "123456789012" }]);
  });

  it("needs such a group, because the default group belongs to the owner", async () => {
    await using scene = await ec2Scene();
    const vpcId = scene.ec2.region("us-east-1", OWNER).addVpc();
    const shared = { zone: ZONE, vpcId, owner: OWNER, sharedWith: ["123456789012"] };
    const subnetIds = [scene.region.addSubnet(shared)];
    const { checks } = await scene.resolve({ target: { subnetIds } });
    expect(failures(checks)).toEqual({ "security-group.exists": "SECURITY_GROUP_NOT_FOUND" });
    expect(checks.find(({ name }) => name === "security-group.exists")?.remedy).toMatch(
      /If the VPC belongs to another account, name a group in it\.$/,
    );
  });
});

describe("a subnet of an Outpost", () => {
  it("may have a type that its zone does not offer: EC2's dry run decides", async () => {
    await using scene = await ec2Scene();
    const outpostArn = "arn:aws:outposts:us-east-1:123456789012:outpost/op-0123456789abcdef0";
    const subnetIds = [scene.region.addSubnet({ zone: ZONE, outpostArn })];
    scene.region.setOffering("m7i.large", ["us-east-1b"]);
    const { checks } = await scene.resolve({ target: { subnetIds } });
    expect(checks.find(({ name }) => name === "machine-type.offered")?.outcome).toBe("passed");
    expect(failures(checks)).toEqual({ "permission.launch": "NOT_OFFERED_HERE" });
  });
});
