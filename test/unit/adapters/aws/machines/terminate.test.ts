import type { TerminateInstancesCommandInput } from "@aws-sdk/client-ec2";
import { expect, it } from "vitest";
import { createRecentMachines } from "../../../../../adapters/aws/machines/recent-machines.ts";
import { terminateInstances } from "../../../../../adapters/aws/machines/terminate.ts";
import type { TerminatePorts } from "../../../../../adapters/aws/machines/terminate.ts";

const IDS = ["a", "b", "c", "d", "e"].map((digit) => `i-${digit.repeat(17)}`);

it("terminates no more machines per call than the account's rates allow", async () => {
  const asked: number[] = [];
  const api: TerminatePorts["api"] = {
    region: "us-east-1",
    terminateInstances({ InstanceIds = [] }: TerminateInstancesCommandInput) {
      asked.push(InstanceIds.length);
      const TerminatingInstances = InstanceIds.map((InstanceId) => ({ InstanceId }));
      return Promise.resolve({ TerminatingInstances, $metadata: {} });
    },
  };
  const recent = createRecentMachines(() => 0);
  const ports = { api, recent, sleep: async () => undefined, maxPerCall: 2 };
  const outcomes = await terminateInstances(ports, IDS, new AbortController().signal);
  expect(asked).toEqual([2, 2, 1]);
  expect(outcomes).toEqual(IDS.map((id) => ({ id, outcome: "terminated" })));
});
