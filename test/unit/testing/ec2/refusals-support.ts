import { RunInstancesCommand, type RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import { expect } from "vitest";
import { type Subject, launchOf, refusal, subject } from "./support.ts";

type Change = (it: Subject) => Partial<Record<keyof RunInstancesCommandInput, unknown>>;

/** What is wrong, how it comes about, and the code and words of the refusal. */
export type Refused = readonly [name: string, change: Change, code: string, message: RegExp];

/** A launch with the change is refused, and launches nothing. */
export async function expectRefusal(
  _name: string,
  change: Change,
  code: string,
  message: RegExp,
): Promise<void> {
  await using it = await subject();
  const input = { ...launchOf(it.region), ...change(it) };
  // Some of these are beyond the SDK's own types: that is what they are for.
  const refused = await refusal(it.client.send(new RunInstancesCommand(input as never)));
  expect(refused).toMatchObject({ code, status: 400, message: expect.stringMatching(message) });
  expect(it.region.instances()).toEqual([]);
}
