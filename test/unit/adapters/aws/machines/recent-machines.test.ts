import { expect, it } from "vitest";
import { machineOf } from "../../../../../adapters/aws/machine.ts";
import { createRecentMachines } from "../../../../../adapters/aws/machines/recent-machines.ts";
import { launchTags } from "../../../../../adapters/aws/labels.ts";
import type { Machine } from "../../../../../src/substrate/contract.ts";
import { createFakeClock } from "../../../../../testing/fake-clock.ts";
import { ec2Launch, ec2Plan } from "../../../../support/ec2-launch.ts";

const PLAN = ec2Plan({
  images: { x86_64: "ami-0123456789abcdef0", arm64: "ami-0123456789abcdef1" },
  subnets: { "us-east-1a": "subnet-0123456789abcdef0" },
  securityGroupId: "sg-0123456789abcdef0",
});

function machine(id: string, state: "pending" | "terminated" = "pending"): Machine {
  const made = machineOf({
    InstanceId: id,
    State: { Name: state },
    Tags: launchTags(ec2Launch(PLAN), {}),
  });
  if (made === null) throw new Error("not a machine");
  return made;
}

it("knows the machines that were launched or terminated within the last five minutes", async () => {
  const clock = createFakeClock();
  const recent = createRecentMachines(() => clock.now());
  recent.launched([machine("i-1"), machine("i-2")]);
  await clock.advance(200_000);
  recent.terminated(["i-2", "i-3"]);
  expect(recent.find("i-1")).toEqual(machine("i-1"));
  expect(recent.find("i-2")).toBe("terminated");
  expect(recent.find("i-4")).toBe(null);
  expect(recent.ofOwner("ledger-1")).toEqual([machine("i-1")]);
  expect(recent.ofOwner("ledger-2")).toEqual([]);
  await clock.advance(100_000);
  expect(recent.find("i-1")).toBe(null);
  expect(recent.find("i-2")).toBe("terminated");
  await clock.advance(200_000);
  expect(recent.find("i-2")).toBe(null);
  expect(recent.ofOwner("ledger-1")).toEqual([]);
});

it("does not remember a machine that had already ended when its launch was repeated", () => {
  const recent = createRecentMachines(() => 0);
  recent.launched([machine("i-1", "terminated")]);
  expect(recent.find("i-1")).toBe(null);
});

it("restarts the five minutes if a launch is repeated", async () => {
  const clock = createFakeClock();
  const recent = createRecentMachines(() => clock.now());
  recent.launched([machine("i-1")]);
  recent.launched([machine("i-2")]);
  await clock.advance(200_000);
  recent.launched([machine("i-1")]);
  await clock.advance(200_000);
  expect(recent.find("i-2")).toBe(null);
  expect(recent.find("i-1")).toEqual(machine("i-1"));
});
