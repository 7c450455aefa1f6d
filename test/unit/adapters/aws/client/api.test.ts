import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { API_CALLS } from "../../../../../adapters/aws/client/api.ts";

const FOLDER = join(import.meta.dirname, "../../../../../adapters/aws");

it("lists exactly the calls that the adapter makes", () => {
  const sources = globSync("**/*.ts", { cwd: FOLDER }).map((file) =>
    readFileSync(join(FOLDER, file), "utf8"),
  );
  const made = sources.flatMap((source) =>
    [...source.matchAll(/new (\w+)Command\(/gu)].map(([, action = ""]) => action),
  );
  const listed = API_CALLS.map(({ action }) => action);
  expect(made.length).toBeGreaterThan(10);
  expect(new Set(made)).toEqual(new Set<string>(listed));
});

it("sends STS actions to STS, and makes changes with the launching role", () => {
  const changing = API_CALLS.filter(({ action }) => !/^(?:Describe|Get|Assume)/.test(action));
  expect(changing.map(({ action, role }) => `${action} ${role}`)).toEqual([
    "RunInstances launcher",
    "TerminateInstances launcher",
    "DeleteVolume launcher",
    "DeleteNetworkInterface launcher",
  ]);
  const sts = API_CALLS.filter(({ service }) => service === "sts");
  expect(new Set(sts.map(({ action }) => action))).toEqual(
    new Set(["AssumeRole", "GetCallerIdentity"]),
  );
});
