import { describe, expect, it } from "vitest";
import { machineLabels } from "../../../../../adapters/gce/labels.ts";
import { listMachines } from "../../../../../adapters/gce/machines/describe.ts";
import { scopedInstancesReply } from "../../../../../adapters/gce/client/replies.ts";
import { caughtError } from "../../../../support/caught.ts";
import { gceLaunch } from "../../../../support/gce-launches.ts";

const { signal } = new AbortController();
const labels = machineLabels(gceLaunch("spawn-1"), {});

function instance(name: string, status = "RUNNING") {
  return { id: "1", name, zone: "projects/agents/zones/us-central1-a", status, labels };
}

/** What the API says, each zone with its instances or a warning. */
function saying(scopes: object) {
  const reply = scopedInstancesReply.parse(Object.entries(scopes));
  return { api: { allInstances: () => Promise.resolve(reply) } };
}

const owned = { project: "agents", owner: "ledger-1" };

describe("listMachines", () => {
  it("joins what all zones have, but for what is going", async () => {
    const ports = saying({
      "zones/us-central1-a": { instances: [instance("a"), instance("b", "STOPPING")] },
      "zones/us-central1-b": { warning: { code: "NO_RESULTS_ON_PAGE", message: "none" } },
      "zones/us-central1-c": { instances: [instance("c", "TERMINATED")] },
    });
    const found = await listMachines(ports, owned, signal);
    expect(found.map(({ id, state }) => [id.split("/").at(-1), state])).toEqual([
      ["a", "running"],
      ["c", "stopped"],
    ]);
  });

  it("fails where a zone was left out, and names it", async () => {
    const ports = saying({
      "zones/us-central1-a": { instances: [instance("a")] },
      "zones/us-central1-b": { warning: { code: "UNREACHABLE", message: "no answer" } },
    });
    expect(await caughtError(() => listMachines(ports, owned, signal))).toMatchObject({
      code: "UNAVAILABLE",
      reason: "CLOUD_UNAVAILABLE",
      retry: "same-token",
      metadata: { scope: "zones/us-central1-b", provider_code: "UNREACHABLE" },
      message: expect.stringMatching(/zones\/us-central1-b is left out: no answer \(UNREACHABLE\)/),
    });
  });

  it("leaves out no machine of the owner's that has lost its other labels", async () => {
    const bare = { ...instance("a"), labels: { "slipway-owner": "ledger-1" } };
    const ports = saying({ "zones/us-central1-a": { instances: [bare] } });
    expect(await listMachines(ports, owned, signal)).toMatchObject([{ ownership: null }]);
  });
});
