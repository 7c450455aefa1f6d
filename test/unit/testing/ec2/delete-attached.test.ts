import {
  DeleteNetworkInterfaceCommand,
  DeleteVolumeCommand,
  DescribeNetworkInterfacesCommand,
  DescribeVolumesCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { type Subject, codeOf, launchOf, refusal, subject } from "./support.ts";

/** Launches a machine that keeps its volume and its interface, and returns all three ids. */
async function launchKeeping({ client, region }: Subject) {
  const reply = await client.send(new RunInstancesCommand(launchOf(region)));
  const machine = reply.Instances?.[0]?.InstanceId ?? "";
  region.keepAttached(machine);
  const [volume] = region.volumes();
  const [networkInterface] = region.interfaces();
  return { machine, volume: volume?.id ?? "", networkInterface: networkInterface?.id ?? "" };
}

async function terminate({ client, clock }: Subject, machine: string): Promise<void> {
  await client.send(new TerminateInstancesCommand({ InstanceIds: [machine] }));
  await clock.advance(60_000);
}

describe("what a machine keeps", () => {
  it("is available after the machine's end, and can then be deleted", async () => {
    await using at = await subject();
    const { machine, volume, networkInterface } = await launchKeeping(at);
    await terminate(at, machine);
    const available = { Filters: [{ Name: "status", Values: ["available"] }] };
    const volumes = await at.client.send(new DescribeVolumesCommand(available));
    const interfaces = await at.client.send(new DescribeNetworkInterfacesCommand(available));
    expect(volumes.Volumes).toMatchObject([{ VolumeId: volume, Attachments: [] }]);
    expect(interfaces.NetworkInterfaces).toMatchObject([
      { NetworkInterfaceId: networkInterface, Status: "available" },
    ]);
    await at.client.send(new DeleteVolumeCommand({ VolumeId: volume }));
    await at.client.send(
      new DeleteNetworkInterfaceCommand({ NetworkInterfaceId: networkInterface }),
    );
    expect([at.region.volumes(), at.region.interfaces()]).toEqual([[], []]);
    expect((await at.client.send(new DescribeVolumesCommand({}))).Volumes).toEqual([]);
  });

  it("cannot be deleted while it is attached", async () => {
    await using at = await subject();
    const { machine, volume, networkInterface } = await launchKeeping(at);
    expect(await refusal(at.client.send(new DeleteVolumeCommand({ VolumeId: volume })))).toEqual({
      code: "VolumeInUse",
      status: 400,
      message: `Volume ${volume} is currently attached to ${machine}`,
    });
    const request = new DeleteNetworkInterfaceCommand({ NetworkInterfaceId: networkInterface });
    expect(await refusal(at.client.send(request))).toEqual({
      code: "InvalidParameterValue",
      status: 400,
      message: `Network interface '${networkInterface}' is currently in use.`,
    });
  });

  it("is not known once it is deleted, or if it belongs to another account", async () => {
    await using at = await subject();
    const { machine, volume, networkInterface } = await launchKeeping(at);
    await terminate(at, machine);
    const codes = async (client: Subject["client"]) => [
      await codeOf(client.send(new DeleteVolumeCommand({ VolumeId: volume }))),
      await codeOf(
        client.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId: networkInterface })),
      ),
    ];
    const unknown = ["InvalidVolume.NotFound", "InvalidNetworkInterfaceID.NotFound"];
    expect(await codes(at.clientFor({ accessKeyId: "210987654321" }))).toEqual(unknown);
    expect(await codes(at.client)).toEqual([null, null]);
    expect(await codes(at.client)).toEqual(unknown);
  });

  it("is deleted with the machine otherwise", async () => {
    await using at = await subject();
    const reply = await at.client.send(new RunInstancesCommand(launchOf(at.region)));
    await terminate(at, reply.Instances?.[0]?.InstanceId ?? "");
    expect([at.region.volumes(), at.region.interfaces()]).toEqual([[], []]);
  });
});
