import { expect, it } from "vitest";
import {
  chunksOf,
  idsNamedIn,
  isInstanceId,
} from "../../../../../adapters/aws/machines/instance-ids.ts";

const LONG = "i-0123456789abcdef0";
const SHORT = "i-0123abcd";

it.each([
  [LONG, true],
  [SHORT, true],
  ["", false],
  ["i-0123456789ABCDEF0", false],
  ["i-0123456789abcdef", false],
  [`${LONG}\n`, false],
  [`x${LONG}`, false],
])("%j is an instance id: %j", (id, expected) => {
  expect(isInstanceId(id)).toBe(expected);
});

it("finds exactly the ids that a refusal names", () => {
  const ids = [LONG, SHORT, "i-0fffffffffffffff1"];
  const named = (message: string) => [...idsNamedIn(new Error(message), ids)];
  expect(named(`The instance IDs '${SHORT}, ${LONG}' do not exist`)).toEqual([LONG, SHORT]);
  expect(named(`Invalid id: "${SHORT}" (expecting "i-...")`)).toEqual([SHORT]);
  expect(named(`resource: arn:aws:ec2:us-east-1:1:instance/${LONG} because`)).toEqual([LONG]);
  expect(named("The instance ID 'i-0eeeeeeeeeeeeeee2' does not exist")).toEqual([]);
  expect([...idsNamedIn("no error", ids)]).toEqual([]);
});

it("splits a list into chunks", () => {
  expect(chunksOf([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  expect(chunksOf([], 2)).toEqual([]);
});
