import { RunInstancesCommand, type RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import { expect } from "vitest";
import { type Subject, launchOf, refusal, subject } from "./support.ts";

type Change = (it: Subject) => Partial<Record<keyof RunInstancesCommandInput, unknown>>;

/** Name of the fault in the request, the change that causes it, and code and message of the rejection. */
export type Refused = readonly [name: string, change: Change, code: string, message: RegExp];

/** Expects that the launch with this change is rejected and launches nothing. */
export async function expectRefusal(
  _name: string,
  change: Change,
  code: string,
  message: RegExp,
): Promise<void> {
  await using it = await subject();
  const input = { ...launchOf(it.region), ...change(it) };
  // Some of these requests violate the types of the SDK, deliberately.
  const refused = await refusal(it.client.send(new RunInstancesCommand(input as never)));
  expect(refused).toMatchObject({ code, status: 400, message: expect.stringMatching(message) });
  expect(it.region.instances()).toEqual([]);
}
