import {
  DescribeCapacityReservationsCommand,
  RunInstancesCommand,
  type RunInstancesCommandInput,
} from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import type { ReservationOptions } from "../../../../testing/ec2/reservation-handle.ts";
import { launchOf, refusal, subject } from "./support.ts";

type Specification = RunInstancesCommandInput["CapacityReservationSpecification"];

const HERE = { instanceType: "t3.micro", zone: "us-east-1a" };

describe("capacity reservations", () => {
  it.each<readonly [string, Partial<ReservationOptions>, Specification, boolean]>([
    ["an open one is used by default", {}, undefined, true],
    ["an open one is used", {}, { CapacityReservationPreference: "open" }, true],
    ["an open one is not used", {}, { CapacityReservationPreference: "none" }, false],
    ["a targeted one is not used by default", { matchCriteria: "targeted" }, undefined, false],
    ["one of another zone is not used", { zone: "us-east-1b" }, undefined, false],
    ["one for another type is not used", { instanceType: "t3.small" }, undefined, false],
    ["a full one is not used", { machines: 0 }, undefined, false],
    ["one is used", {}, { CapacityReservationPreference: "capacity-reservations-only" }, true],
  ])("%s %j with %j", async (_what, change, CapacityReservationSpecification, isUsed) => {
    await using it = await subject();
    const id = it.region.addCapacityReservation({ ...HERE, machines: 1, ...change });
    const launch = { ...launchOf(it.region), SubnetId: it.region.subnets[HERE.zone] };
    await it.client.send(new RunInstancesCommand({ ...launch, CapacityReservationSpecification }));
    const [machine] = it.region.instances();
    expect(machine?.capacityReservationId).toBe(isUsed ? id : null);
    const { CapacityReservations } = await it.client.send(
      new DescribeCapacityReservationsCommand({ CapacityReservationIds: [id] }),
    );
    expect(CapacityReservations).toMatchObject([
      { AvailableInstanceCount: (change.machines ?? 1) - (isUsed ? 1 : 0), State: "active" },
    ]);
  });

  it("need no free capacity besides their own", async () => {
    await using it = await subject();
    const id = it.region.addCapacityReservation({ ...HERE, machines: 1 });
    it.region.setCapacity(HERE, 0);
    const launch = { ...launchOf(it.region), SubnetId: it.region.subnets[HERE.zone] };
    await it.client.send(new RunInstancesCommand(launch));
    expect(it.region.instances()).toMatchObject([{ capacityReservationId: id }]);
  });

  it("that do not exist are refused, also in a dry run", async () => {
    await using it = await subject();
    const target = { CapacityReservationId: "cr-0123456789abcdef0" };
    const specification = { CapacityReservationTarget: target };
    const command = new RunInstancesCommand({
      ...launchOf(it.region),
      DryRun: true,
      CapacityReservationSpecification: specification,
    });
    const refused = { code: "InvalidCapacityReservationId.NotFound" };
    expect(await refusal(it.client.send(command))).toMatchObject(refused);
    const read = new DescribeCapacityReservationsCommand({
      CapacityReservationIds: [target.CapacityReservationId],
    });
    expect(await refusal(it.client.send(read))).toMatchObject(refused);
  });
});
