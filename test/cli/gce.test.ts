import { describe, expect, it } from "vitest";
import type { GceFake } from "../../testing/gce/index.ts";
import { bootTable } from "../support/boot-table.ts";
import { FAMILY, FIRST_IMAGE as FIRST, gceCli, PROJECT } from "./support/gce-cli.ts";

function makeFamilyMoveOn(gce: GceFake): void {
  gce.addImage(PROJECT, { name: "agent-base-v2", family: FAMILY, createdAt: 2_000 });
}

describe("Compute Engine through the command line", { timeout: 90_000 }, () => {
  it("launches one machine, shows it, prints its logs and terminates it", async () => {
    await using one = await gceCli();
    const { gce, json } = one;
    const plan = await json("resolve", "dev");
    expect(plan).toMatchObject({
      substrate: "GCP",
      artifact: { id: FIRST, pinned: true, numeric_id: expect.stringMatching(/^\d+$/) },
      candidates: [
        { place: "us-central1-a", verdict: "eligible" },
        { place: "us-central1-b", verdict: "eligible" },
      ],
      floating_reads: [{ value: FIRST }],
    });
    expect(one.changes()).toEqual([]);
    const spawned = await json("spawn", "dev", "--id", "one");
    const machine = {
      id: expect.stringMatching(
        /^projects\/agents\/zones\/us-central1-a\/instances\/one-[0-9a-f]{16}$/,
      ),
      place: "us-central1-a",
      architecture: "amd64",
      addresses: { private: expect.stringMatching(/^10\.128\./), public: null },
    };
    expect(spawned).toMatchObject({ spawn_id: "one", state: "running", machine });
    expect(await json("spawn", "dev", "--id", "one")).toEqual(spawned);
    expect(one.changes()).toEqual(["instances.insert"]);
    expect(await json("describe", "one")).toMatchObject({ machine, plan: { workspace: "dev" } });
    const [made] = gce.instances(PROJECT);
    expect(made?.labels).toMatchObject({
      team: "red",
      "slipway-tenant": "default",
      "slipway-workspace": "dev",
      "slipway-spawn": "one",
    });
    const userData = made?.metadata?.find(({ key }) => key === "user-data")?.value ?? "";
    expect(bootTable(userData)).toMatchObject({ workspace: "dev", members: [["one", {}, null]] });
    gce.print(PROJECT, "us-central1-a", made?.name ?? "", "steady\nas she goes\n");
    expect(await one.run(["logs", "one"])).toMatchObject({
      exitCode: 0,
      stdout: "steady\nas she goes\n",
      stderr: "",
    });
    expect((await one.run(["logs", "one", "--tail", "1"])).stdout).toBe("as she goes\n");
    expect(await json("terminate", "one")).toMatchObject({ state: "terminated" });
    expect(one.changes()).toEqual(["instances.insert", "instances.delete"]);
  });

  it("boots the image of the saved plan after its family has a newer one", async () => {
    await using one = await gceCli();
    const { gce, json, run } = one;
    expect((await run(["resolve", "dev", "--save", "plan.json"])).exitCode).toBe(0);
    makeFamilyMoveOn(gce);
    await json("spawn", "--plan", "plan.json", "--id", "reviewed");
    expect(gce.disks(PROJECT)).toMatchObject([{ sourceImage: FIRST }]);
    // Resolving again finds the newer image.
    await json("spawn", "dev", "--id", "newer");
    const images = gce.disks(PROJECT).map(({ sourceImage }) => sourceImage);
    expect(images).toContain(`projects/${PROJECT}/global/images/agent-base-v2`);
  });

  it("rejects a plan whose image was deleted, or recreated with the same name", async () => {
    await using one = await gceCli();
    const { gce, run } = one;
    expect((await run(["resolve", "dev", "--save", "plan.json"])).exitCode).toBe(0);
    gce.addImage(PROJECT, { name: "agent-base-v1", family: FAMILY, createdAt: 3_000 });
    const anew = await run(["spawn", "--plan", "plan.json", "-o", "json"]);
    expect(anew).toMatchObject({ exitCode: 3, stdout: "" });
    expect(JSON.parse(anew.stderr)).toMatchObject({ error: { reason: "PLAN_STALE" } });
    gce.removeImage(PROJECT, "agent-base-v1");
    const gone = await run(["spawn", "--plan", "plan.json", "-o", "json"]);
    expect(gone).toMatchObject({ exitCode: 3, stdout: "" });
    expect(gone.stderr).toContain("IMAGE_NOT_FOUND");
    expect(one.changes()).toEqual([]);
  });

  it("launches in the next zone if the first has no capacity", async () => {
    await using one = await gceCli();
    one.gce.fault({ kind: "capacity", zone: "us-central1-a" });
    expect(await one.json("spawn", "dev", "--id", "one")).toMatchObject({
      state: "running",
      machine: { place: "us-central1-b" },
      attempts: [
        { place: "us-central1-a", outcome: "rejected", reason: "INSUFFICIENT_CAPACITY" },
        { place: "us-central1-b", outcome: "accepted" },
      ],
    });
  });

  it("launches in a zone for accelerators, whose name has another form", async () => {
    await using one = await gceCli();
    const target = `{project: ${PROJECT}, zones: [us-central1-ai1a, us-central1-a], subnet: default}`;
    await one.set("placement", "there", `{name: there, substrate: GCP, target: {gcp: ${target}}}`);
    expect(await one.json("spawn", "dev", "--id", "one")).toMatchObject({
      state: "running",
      machine: { place: "us-central1-ai1a" },
    });
  });
});
