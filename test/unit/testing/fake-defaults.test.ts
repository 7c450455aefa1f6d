/** The documented defaults of `slipway fake`. */
import {
  DescribeAvailabilityZonesCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { describe, expect, it } from "vitest";
import { codeOf, launchOf, subject } from "./ec2/support.ts";
import {
  PROJECT,
  ZONE,
  at,
  instanceBody,
  names,
  properties,
  startChecked,
  verdict,
} from "./gce/support/ask.ts";

/** The maximum time in milliseconds until a machine runs. */
const LONGEST_PENDING = 500;

describe("the EC2 fake, by default,", () => {
  it.each(["us-east-1", "us-west-2", "eu-west-1"])(
    "has a network and images in %s",
    async (region) => {
      await using it = await subject();
      const client = it.clientFor({ region });
      const { Vpcs = [] } = await client.send(new DescribeVpcsCommand({}));
      expect(Vpcs).toMatchObject([{ IsDefault: true }]);
      const { AvailabilityZones = [] } = await client.send(
        new DescribeAvailabilityZonesCommand({}),
      );
      const { Subnets = [] } = await client.send(new DescribeSubnetsCommand({}));
      expect(new Set(Subnets.map(({ AvailabilityZone }) => AvailabilityZone))).toEqual(
        new Set(AvailabilityZones.map(({ ZoneName }) => ZoneName)),
      );
      expect(Subnets.length).toBeGreaterThanOrEqual(2);
      const groups = await client.send(new DescribeSecurityGroupsCommand({}));
      expect(groups.SecurityGroups).toMatchObject([{ VpcId: Vpcs[0]?.VpcId }]);
      const { Images = [] } = await client.send(new DescribeImagesCommand({}));
      const kinds = Images.map(({ Architecture, State }) => `${Architecture} ${State}`);
      expect(kinds.toSorted()).toEqual(["arm64 available", "x86_64 available"]);
    },
  );

  it("has no quota and unlimited capacity, and machines soon run", async () => {
    await using it = await subject();
    const many = { ...launchOf(it.region), InstanceType: "m7i.4xlarge" as const };
    await it.client.send(new RunInstancesCommand({ ...many, MinCount: 900, MaxCount: 900 }));
    await it.clock.advance(LONGEST_PENDING);
    const states = new Set(it.region.instances().map(({ state }) => state));
    expect(states).toEqual(new Set(["running"]));
  });

  it("limits requests at the rates that EC2 publishes", async () => {
    await using it = await subject();
    const ask = () => codeOf(it.client.send(new DescribeInstancesCommand({})));
    for (let count = 0; count < 50; count += 1) expect(await ask()).toBeNull();
    expect(await ask()).toBe("RequestLimitExceeded");
  });

  it.each([
    ["AKIATEST", "000000000000"],
    ["123456789012", "123456789012"],
  ])("maps the key %s to account %s", async (accessKeyId, account) => {
    await using it = await subject();
    const identity = await it.stsFor({ accessKeyId }).send(new GetCallerIdentityCommand({}));
    expect(identity.Account).toBe(account);
  });

  it("requires a signature", async () => {
    await using it = await subject();
    const response = await fetch(it.ec2.url, {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: "Action=DescribeInstances&Version=2016-11-15",
    });
    expect(response.status).toBe(403);
    expect(await response.text()).toContain("MissingAuthenticationToken");
  });
});

describe("the Compute Engine fake, by default,", () => {
  it("has at least two regions with at least two zones each, with network and subnet", async () => {
    const { get } = await startChecked();
    const regions = names(await get("regions"));
    const zones = names(await get("zones")).map(String);
    expect(regions.length).toBeGreaterThanOrEqual(2);
    for (const region of regions) {
      expect(zones.filter((zone) => zone.startsWith(`${String(region)}-`)).length).toBeGreaterThan(
        1,
      );
      const subnet = await get(`regions/${String(region)}/subnetworks/default`);
      expect(at(subnet.body, "network")).toMatch(/global\/networks\/default$/);
    }
    expect(verdict(await get("global/networks/default"))).toBe("200");
  });

  it("has images of both architectures with families, including a DEPRECATED and an OBSOLETE one", async () => {
    const { get } = await startChecked();
    const { body } = await get("global/images");
    const items = at(body, "items");
    const images = Array.isArray(items) ? items : [];
    const of = (...path: readonly string[]) => new Set(images.map((image) => at(image, ...path)));
    expect(of("architecture")).toEqual(new Set(["X86_64", "ARM64"]));
    expect(of("deprecated", "state")).toEqual(new Set([undefined, "DEPRECATED", "OBSOLETE"]));
    expect(of("family")).not.toContain(undefined);
  });

  it.each([
    ["e2-small", undefined, undefined],
    ["n2-standard-2", undefined, undefined],
    ["c4a-standard-1", "debian-12-bookworm-arm64-v20251111", "hyperdisk-balanced"],
  ])("boots a %s, which runs soon after", async (type, image, diskType) => {
    const { post, gce, get, clock } = await startChecked();
    const body = { name: "one", ...properties(ZONE, type, image, diskType) };
    expect(verdict(await post(`zones/${ZONE}/instances`, body))).toBe("200");
    await clock.advance(LONGEST_PENDING);
    const one = await get(`zones/${ZONE}/instances/one`);
    expect(at(one.body, "status")).toBe("RUNNING");
    expect(gce.instances(PROJECT)).toHaveLength(1);
  });

  it("has no quota and unlimited capacity", async () => {
    const { post, get } = await startChecked();
    const bulk = { count: 200, namePattern: "n-###", instanceProperties: properties() };
    const place = {
      ...bulk,
      instanceProperties: { ...properties(), machineType: "n2-standard-16" },
    };
    expect(verdict(await post(`zones/${ZONE}/instances/bulkInsert`, place))).toBe("200");
    expect(names(await get(`zones/${ZONE}/instances?maxResults=500`))).toHaveLength(200);
  });

  it("limits requests at the rates that Google publishes", async () => {
    const { get } = await startChecked();
    const verdicts: string[] = [];
    for (let count = 0; count <= 750; count += 1)
      verdicts.push(verdict(await get("aggregated/instances?maxResults=1")));
    expect(verdicts.slice(-2)).toEqual(["200", "403 rateLimitExceeded"]);
  });

  it("requires a bearer token, and has every project", async () => {
    const { ask, post } = await startChecked();
    const path = "/compute/v1/projects/never-heard-of/zones";
    expect(verdict(await ask({ path }))).toBe("200");
    expect(verdict(await ask({ path, headers: { Authorization: "" } }))).toBe("401 authError");
    expect(verdict(await post(`zones/${ZONE}/instances`, instanceBody("one")))).toBe("200");
  });
});
