import * as ec2 from "@aws-sdk/client-ec2";
import * as sts from "@aws-sdk/client-sts";
import * as images from "@google-cloud/compute/build/src/v1/images_client.js";
import * as instances from "@google-cloud/compute/build/src/v1/instances_client.js";
import * as auth from "google-auth-library";
import gax from "google-gax";
import { describe, expect, it } from "vitest";
import type { AdapterSubject } from "../../testing/contract/subject.ts";
import { ec2Subject } from "../support/ec2-subject.ts";
import { gceSubject } from "../support/gce-subject.ts";
import { fakeLaunch } from "../support/launch.ts";

/** Everything that is reachable from an object except Node's global object, by its path. */
function contentsOf(root: object): ReadonlyMap<string, unknown> {
  const contents = new Map<string, unknown>();
  const seen = new Set<object>([globalThis]);
  const open: [path: string, holder: object][] = [["", root]];
  for (const [path, holder] of open) {
    if (seen.has(holder)) continue;
    seen.add(holder);
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(holder))) {
      const at = `${path}.${name}`;
      const isHolder = (typeof value === "object" && value !== null) || typeof value === "function";
      contents.set(at, typeof value === "object" && value !== null ? "object" : value);
      if (isHolder) open.push([at, value]);
    }
  }
  return contents;
}

const subjects: readonly {
  readonly provider: string;
  readonly sdk: object;
  readonly open: () => Promise<AdapterSubject>;
}[] = [
  { provider: "EC2", sdk: { ec2, sts }, open: ec2Subject },
  { provider: "Compute Engine", sdk: { images, instances, auth, gax }, open: gceSubject },
];

describe("the exports of an SDK, which the whole process shares", () => {
  it.each(subjects)("are the same after a launch on $provider", async ({ sdk, open }) => {
    const before = contentsOf(sdk);
    expect(before.size).toBeGreaterThan(1_000);
    await using subject = await open();
    const { adapter, plan } = subject;
    const { signal } = new AbortController();
    const [place] = plan.candidates;
    if (place === undefined) throw new Error("the plan has no candidate");
    const [outcome] = await adapter.launch(fakeLaunch("one", { plan, place }), signal);
    if (outcome?.outcome !== "accepted") throw new Error(JSON.stringify(outcome));
    await adapter.describe([outcome.machine.id], signal);
    await adapter.terminate([outcome.machine.id], signal);
    const after = contentsOf(sdk);
    const changed = [...before].filter(([path, value]) => !Object.is(after.get(path), value));
    expect(changed).toEqual([]);
    expect([...after.keys()].filter((path) => !before.has(path))).toEqual([]);
  });
});
