import { describe, expect, it } from "vitest";
import { parseBody } from "../../../src/catalog/parse.ts";
import { refusal, violations } from "./violations.ts";

const aws = { account_id: "123456789012", region: "us-east-1", subnet_ids: ["subnet-0123abcd"] };
const gcp = {
  project: "acme-agents",
  zones: ["us-central1-a", "us-central1-b"],
  subnet: "default",
};
const onAws = (more: object) => ({
  name: "p",
  substrate: "AWS",
  target: { aws: { ...aws, ...more } },
});
const onGcp = (more: object) => ({
  name: "p",
  substrate: "GCP",
  target: { gcp: { ...gcp, ...more } },
});
const onDocker = (docker: object) => ({ name: "p", substrate: "DOCKER", target: { docker } });

describe("a placement", () => {
  it.each([
    { name: "p", substrate: "DOCKER", target: { docker: {} } },
    { name: "p", substrate: "SUBSTRATE_DOCKER", target: { docker: {} } },
    { name: "p", substrate: "DOCKER", docker: {} },
    { name: "p", target: { docker: {} } },
    { name: "p", docker: {} },
  ])("is normalized to one form: %j", (body) => {
    expect(parseBody("placement", body)).toEqual({
      name: "p",
      substrate: "DOCKER",
      target: { docker: {} },
    });
  });

  it.each([
    [{ name: "p" }, "substrate is required"],
    [{ name: "p", substrate: "AWS" }, "target is required"],
    [
      { name: "p", substrate: "AWS", target: {} },
      "target: must have exactly one of aws, gcp, docker",
    ],
    [
      { name: "p", substrate: "AWS", target: { docker: {}, aws } },
      "target: must have exactly one of aws, gcp, docker",
    ],
    [
      { name: "p", substrate: "AWS", aws, docker: {} },
      "target: must have exactly one of aws, gcp, docker",
    ],
    [
      { name: "p", substrate: "AWS", target: { docker: {} } },
      "target: must match substrate AWS, but it has docker",
    ],
    [
      { name: "p", substrate: "AZURE", target: { docker: {} } },
      "substrate: must be AWS, GCP or DOCKER",
    ],
    [{ name: "p", substrate: "aws", target: { aws } }, "substrate: must be AWS, GCP or DOCKER"],
    [
      { name: "p", substrate: "DOCKER", target: "docker" },
      "target: must be a map of fields, not a string",
    ],
    [
      { name: "p", docker: {}, target: { docker: {} } },
      "docker is given twice, at the root and under target",
    ],
    [{ name: "p", docker: { hots: "x" } }, "unknown field target.docker.hots"],
    [
      { name: "p", substrate: "DOCKER", target: { docker: {}, zone: "a" } },
      "unknown field target.zone",
    ],
    [
      { ...onDocker({}), service_account: "a@b" },
      "service_account: is for GCP only; on AWS set target.aws.instance_profile_arn",
    ],
  ])("is rejected: %j", (body, message) => {
    expect(refusal("placement", body).message).toBe(message);
  });

  it("treats an empty service account as unset", () => {
    expect(parseBody("placement", { ...onDocker({}), service_account: "" })).not.toHaveProperty(
      "serviceAccount",
    );
  });
});

describe("on AWS", () => {
  it("accepts every field", () => {
    const more = {
      vpc_id: "vpc-0123abcd",
      security_group_id: "sg-0123abcd",
      instance_profile_arn: "arn:aws:iam::123456789012:instance-profile/agents/dev",
      role_arn: "arn:aws-us-gov:iam::123456789012:role/writer",
      readonly_role_arn: "arn:aws:iam::123456789012:role/reader",
      tags: { Team: "agents", "kubernetes.io/x": "", camelCase_key: "v" },
      assign_public_ip: true,
      keep_volumes: true,
      market: "SPOT_THEN_ON_DEMAND",
    };
    expect(parseBody("placement", onAws(more))).toEqual({
      name: "p",
      substrate: "AWS",
      target: {
        aws: {
          accountId: "123456789012",
          region: "us-east-1",
          subnetIds: ["subnet-0123abcd"],
          vpcId: "vpc-0123abcd",
          securityGroupId: "sg-0123abcd",
          instanceProfileArn: "arn:aws:iam::123456789012:instance-profile/agents/dev",
          roleArn: "arn:aws-us-gov:iam::123456789012:role/writer",
          readonlyRoleArn: "arn:aws:iam::123456789012:role/reader",
          tags: { Team: "agents", "kubernetes.io/x": "", camelCase_key: "v" },
          assignPublicIp: true,
          keepVolumes: true,
          market: "SPOT_THEN_ON_DEMAND",
        },
      },
    });
  });

  it("accepts an account id that YAML parsed as a number, unless digits were lost", () => {
    const given = { name: "p", aws: { ...aws, account_id: 123_456_789_012 } };
    expect(parseBody("placement", given)).toMatchObject({
      target: { aws: { accountId: "123456789012" } },
    });
    expect(refusal("placement", onAws({ account_id: 12_345_678_901 })).message).toBe(
      "target.aws.account_id: must be 12 digits, quoted if it starts with 0",
    );
  });

  it("reports all missing fields", () => {
    expect(violations("placement", { name: "p", aws: {} })).toEqual([
      "target.aws.account_id is required",
      "target.aws.region is required",
      "target.aws.subnet_ids is required",
    ]);
  });

  it.each([
    [{ region: "us-east" }, "region: must be a region such as us-east-1"],
    [{ region: "us-east-1a" }, "region: must be a region such as us-east-1"],
    [{ subnet_ids: [] }, "subnet_ids: must list at least one subnet"],
    [{ subnet_ids: ["sn-1"] }, "subnet_ids[0]: must be an id such as subnet-0abc123def4567890"],
    [{ subnet_ids: ["subnet-1", "subnet-1"] }, "subnet_ids: must not contain duplicates"],
    [{ vpc_id: "subnet-1" }, "vpc_id: must be an id such as vpc-0abc123def4567890"],
    [
      { role_arn: "writer" },
      "role_arn: must be an ARN such as arn:aws:iam::123456789012:role/name",
    ],
    [{ market: "spot" }, "market: must be one of ON_DEMAND, SPOT, SPOT_THEN_ON_DEMAND"],
    [{ assign_public_ip: "true" }, "assign_public_ip: must be true or false"],
    [{ keep_volumes: "yes" }, "keep_volumes: must be true or false"],
    [{ tags: { "aws:x": "1" } }, "tags: must not have keys that start with aws:"],
    [{ tags: { "Slipway:owner": "1" } }, "tags: must not have keys that start with slipway:"],
    [{ tags: { "": "1" } }, "tags.: must have a key of 1 to 128 characters"],
    [
      { tags: { ["x".repeat(129)]: "1" } },
      `tags.${"x".repeat(84)}…: must have a key of 1 to 128 characters`,
    ],
    [{ tags: { a: 1 } }, "tags.a: must be a string, not a number"],
    [{ tags: { a: "x".repeat(257) } }, "tags.a: must have at most 256 characters"],
  ])("rejects %j", (more, message) => {
    expect(refusal("placement", onAws(more)).message).toBe(`target.aws.${message}`);
  });
});

describe("on GCP", () => {
  it("accepts every field", () => {
    const body = {
      ...onGcp({
        subnet: "projects/net/regions/us-central1/subnetworks/agents",
        network_project: "example.com:net",
        assign_public_ip: false,
        wif_provider_resource_name:
          "projects/1/locations/global/workloadIdentityPools/p/providers/q",
        wif_service_account: "w@acme.iam.gserviceaccount.com",
        wif_readonly_service_account: "r@acme.iam.gserviceaccount.com",
        labels: { team: "agents", empty: "" },
      }),
      service_account: "agent@acme.iam.gserviceaccount.com",
    };
    expect(parseBody("placement", body)).toMatchObject({
      substrate: "GCP",
      serviceAccount: "agent@acme.iam.gserviceaccount.com",
      target: { gcp: { networkProject: "example.com:net", labels: { team: "agents", empty: "" } } },
    });
  });

  it.each([
    { zones: ["us-central1-ai1a", "us-central1-a"] },
    { zones: ["us-central1-ai1-a", "us-central1-a"] },
    { zones: ["nowhere", "us-central1-a"] },
    { zones: ["u-germany-northeast1-a"] },
    { zones: ["us-central1"] },
    { project: "example.com:agents" },
    { project: "eu0:agents" },
    { project: "1234567890123" },
    { network_project: "eu0:net", subnet: "projects/eu0:net/regions/us-central1/subnetworks/a" },
    {
      subnet:
        "https://www.googleapis.com/compute/v1/projects/net/regions/us-central1/subnetworks/a",
    },
    { market: "SPOT_THEN_ON_DEMAND", termination_action: "DELETE" },
    { market: "ON_DEMAND", on_host_maintenance: "MIGRATE", automatic_restart: true },
    { market: "SPOT", on_host_maintenance: "TERMINATE", automatic_restart: false },
    { market: "SPOT_THEN_ON_DEMAND", on_host_maintenance: "MIGRATE", automatic_restart: true },
    { market: "SPOT", reservation: "none" },
    { market: "SPOT_THEN_ON_DEMAND", reservation: "projects/example.com:p/reservations/held" },
    { reservation: "any" },
    { shielded: { vtpm: false, integrity_monitoring: false } },
    { confidential: { type: "SEV" }, on_host_maintenance: "MIGRATE" },
    { wif_provider_resource_name: "locations/global/workforcePools/people/providers/own" },
    { labels: { équipe: "agents_été", 場所: "東京" } },
  ])("leaves %j to the API", (more) => {
    expect(() => parseBody("placement", onGcp(more))).not.toThrow();
  });

  it.each([
    [{ zones: [] }, "zones: must list at least one zone"],
    [{ zones: ["Nowhere"] }, "zones[0]: must be a zone such as us-central1-a"],
    [{ zones: ["us-central1-"] }, "zones[0]: must be a zone such as us-central1-a"],
    [{ zones: ["us-central1-a/b"] }, "zones[0]: must be a zone such as us-central1-a"],
    [{ zones: ["us-central1-a", "us-east1-b"] }, "zones: must all be in one region"],
    [{ zones: ["us-central1-a", "us-central1-a"] }, "zones: must not contain duplicates"],
    [{ subnet: "regions/us-east1/subnetworks/default" }, "subnet: must be in the zones' region"],
    [
      { subnet: "https://x/subnetworks/a" },
      "subnet: must be a subnetwork's name or partial self-link",
    ],
    [{ project: "Acme" }, "project: must be a project id"],
    [
      { labels: { A: "1" } },
      "labels.A: must have keys of 1 to 63 lower-case letters, digits, _ and -, starting with a letter",
    ],
    [{ labels: { a: "B" } }, "labels.a: must be at most 63 lower-case letters, digits, _ and -"],
    [{ labels: { "slipway-owner": "b" } }, "labels: must not have keys that start with slipway-"],
    [{ wif_service_account: "nobody" }, "wif_service_account: must be a service account's address"],
    [{ market: "CHEAP" }, "market: must be one of ON_DEMAND, SPOT, SPOT_THEN_ON_DEMAND"],
    [
      { market: "SPOT", termination_action: "HIBERNATE" },
      "termination_action: must be one of STOP, DELETE",
    ],
    [
      { termination_action: "STOP" },
      "termination_action: is for spot machines only: set market to SPOT or SPOT_THEN_ON_DEMAND, or leave it out",
    ],
    [{ on_host_maintenance: "STOP" }, "on_host_maintenance: must be one of MIGRATE, TERMINATE"],
    [
      { market: "SPOT", on_host_maintenance: "MIGRATE" },
      "on_host_maintenance: must be TERMINATE with market SPOT, because spot machines do not migrate",
    ],
    [{ automatic_restart: "no" }, "automatic_restart: must be true or false"],
    [
      { market: "SPOT", automatic_restart: true },
      "automatic_restart: must be false with market SPOT, because spot machines do not restart",
    ],
    [{ shielded: { secure_boot: 1 } }, "shielded.secure_boot: must be true or false"],
    [
      { shielded: { vtpm: false } },
      "shielded: must have integrity_monitoring false with vtpm false, because it compares measurements of the vTPM",
    ],
    [{ confidential: { type: "SGX" } }, "confidential.type: must be one of SEV, SEV_SNP, TDX"],
    [
      { confidential: { type: "TDX" }, on_host_maintenance: "MIGRATE" },
      "on_host_maintenance: must be TERMINATE with confidential type TDX, because only SEV machines migrate",
    ],
    [
      { reservation: "zones/a/reservations/b" },
      "reservation: must be none, any, a reservation's name or projects/P/reservations/NAME",
    ],
    [
      { market: "SPOT", reservation: "held" },
      "reservation: must be none with market SPOT, because spot machines consume no reservation",
    ],
    [
      { wif_provider_resource_name: "x" },
      "wif_provider_resource_name: must be a provider's resource name, projects/… or locations/…",
    ],
  ])("rejects %j", (more, message) => {
    expect(refusal("placement", onGcp(more)).message).toBe(`target.gcp.${message}`);
  });
});

describe("on Docker", () => {
  it.each([
    "unix:///var/run/docker.sock",
    "tcp://127.0.0.1:2375",
    "tcp://[::1]:2375",
    "ssh://user@host",
    "ssh://host:2222",
  ])("accepts an engine at %s", (host) => {
    expect(parseBody("placement", onDocker({ host }))).toMatchObject({
      target: { docker: { host } },
    });
  });

  it("accepts every other field", () => {
    const docker = {
      network: "agents_net.1",
      labels: { "com.acme.team": "agents" },
      platforms: ["linux/arm64", "linux/arm/v7"],
      publish_address: "::1",
    };
    expect(parseBody("placement", onDocker(docker))).toMatchObject({
      target: {
        docker: {
          network: docker.network,
          publishAddress: "::1",
          platforms: docker.platforms,
        },
      },
    });
  });

  it.each([
    [
      { host: "http://127.0.0.1" },
      "host: must be an address unix:///path, tcp://host:port or ssh://host",
    ],
    [
      { host: "unix://docker.sock" },
      "host: must be an address unix:///path, tcp://host:port or ssh://host",
    ],
    [
      { host: "/var/run/docker.sock" },
      "host: must be an address unix:///path, tcp://host:port or ssh://host",
    ],
    [
      { host: "ssh://user:password@host" },
      "host: must be an address unix:///path, tcp://host:port or ssh://host",
    ],
    [{ host: "tcp://" }, "host: must be an address unix:///path, tcp://host:port or ssh://host"],
    [{ network: "a b" }, "network: must be the name of a network"],
    [
      { labels: { "dev.slipway.owner": "x" } },
      "labels: must not have keys that start with dev.slipway.",
    ],
    [{ platforms: ["arm64"] }, "platforms[0]: must be a platform such as linux/arm64"],
    [{ publish_address: "localhost" }, "publish_address: must be an IP address"],
    [{ publish_address: "256.0.0.1" }, "publish_address: must be an IP address"],
  ])("rejects %j", (docker, message) => {
    expect(refusal("placement", onDocker(docker)).message).toBe(`target.docker.${message}`);
  });
});
