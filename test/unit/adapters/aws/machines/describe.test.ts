import type { DescribeInstancesCommandInput, Instance } from "@aws-sdk/client-ec2";
import { expect, it } from "vitest";
import { listInstances } from "../../../../../adapters/aws/machines/describe.ts";
import { createRecentMachines } from "../../../../../adapters/aws/machines/recent-machines.ts";
import { launchTags } from "../../../../../adapters/aws/labels.ts";
import { ec2Launch, ec2Plan } from "../../../../support/ec2-launch.ts";

const PLAN = ec2Plan({
  images: { x86_64: "ami-0123456789abcdef0", arm64: "ami-0123456789abcdef1" },
  subnets: { "us-east-1a": "subnet-0123456789abcdef0" },
  securityGroupId: "sg-0123456789abcdef0",
});

function instanceOf(owner: string, id: string): Instance {
  const launch = ec2Launch(PLAN);
  const tags = launchTags({ ...launch, ownership: { ...launch.ownership, owner } }, {});
  return { InstanceId: id, State: { Name: "running" }, Tags: tags };
}

/** The listed ids if EC2 answers with these pages, and the inputs of the calls. */
async function listed(owner: string, pages: readonly (readonly Instance[])[]) {
  const asked: DescribeInstancesCommandInput[] = [];
  const api = {
    region: "us-east-1",
    describeInstances(input: DescribeInstancesCommandInput) {
      asked.push(input);
      // On its last page EC2 may send an empty token instead of none.
      const NextToken = asked.length < pages.length ? `page ${asked.length}` : "";
      const Instances = [...(pages[asked.length - 1] ?? [])];
      return Promise.resolve({ Reservations: [{ Instances }], NextToken, $metadata: {} });
    },
  };
  const ports = { api, recent: createRecentMachines(() => 0) };
  const machines = await listInstances(ports, owner, new AbortController().signal);
  return { ids: machines.map(({ id }) => id), asked };
}

it("reads all pages", async () => {
  const pages = ["i-1", "i-2", "i-3"].map((id) => [instanceOf("ledger-1", id)]);
  const { ids, asked } = await listed("ledger-1", pages);
  expect(ids).toEqual(["i-1", "i-2", "i-3"]);
  expect(asked.map(({ NextToken }) => NextToken)).toEqual([undefined, "page 1", "page 2"]);
});

it("leaves out machines of other owners, even if EC2 returns them", async () => {
  const page = [
    instanceOf("ledger-1", "i-1"),
    instanceOf("ledger-2", "i-2"),
    { InstanceId: "i-3" },
  ];
  expect((await listed("ledger-1", [page])).ids).toEqual(["i-1"]);
});

it("escapes wildcards in the owner's name", async () => {
  const { asked } = await listed(String.raw`a*b?c\d`, [[]]);
  expect(asked[0]?.Filters).toContainEqual({
    Name: "tag:slipway:owner",
    Values: [String.raw`a\*b\?c\\d`],
  });
});
