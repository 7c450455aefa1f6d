import { expect, it } from "vitest";
import { requestLog } from "../../../../testing/server/request-log.ts";

it.each([
  [undefined, [1, 2, 3]],
  [2, [2, 3]],
  [0, []],
] as const)("a request log of at most %s keeps the latest", (most, wanted) => {
  const log = requestLog<number>(most);
  for (const entry of [1, 2, 3]) log.add(entry);
  expect(log.entries).toEqual(wanted);
});
