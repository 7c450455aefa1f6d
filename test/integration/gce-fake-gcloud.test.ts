import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { type GceFake, startGce } from "../../testing/gce/index.ts";
import { describeWithGcloud } from "../support/localstack.ts";
import { scratchFolder } from "../support/scratch.ts";

const run = promisify(execFile);
const ZONE = ["--zone", "us-central1-a"];

/** Runs a `gcloud compute` command; returns its output, or its error output if it fails. */
async function gcloud(gce: GceFake, folder: string, ...words: readonly string[]): Promise<string> {
  try {
    const { stdout } = await run("gcloud", ["compute", ...words], {
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        CLOUDSDK_CONFIG: folder,
        CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${gce.url}/compute/v1/`,
        CLOUDSDK_AUTH_ACCESS_TOKEN: "x",
        CLOUDSDK_CORE_PROJECT: "agents",
        CLOUDSDK_CORE_DISABLE_PROMPTS: "1",
        CLOUDSDK_CORE_DISABLE_USAGE_REPORTING: "1",
        CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK: "1",
        NO_PROXY: "*",
      },
    });
    return stdout.trim();
  } catch (caught) {
    if (caught instanceof Error && "stderr" in caught) return String(caught.stderr).trim();
    throw caught;
  }
}

describeWithGcloud("gcloud with the Compute Engine fake as its endpoint", () => {
  it("finds a family's image, creates, lists, describes and deletes", async () => {
    await using gce = await startGce({
      timing: { provisioningMs: 10, stagingMs: 10, endingMs: 10 },
    });
    using folder = scratchFolder();
    const compute = (...words: readonly string[]) => gcloud(gce, folder.path, ...words);
    const family = ["images", "describe-from-family"];
    expect(await compute(...family, "debian-12", "--format=value(name)")).toBe(
      "debian-12-bookworm-v20251111",
    );

    const image = ["--image-project", "agents", "--image-family"];
    const create = ["instances", "create", ...ZONE, "--format=value(name,status)"];
    const made = await compute(...create, "one", "two", ...image, "debian-12", "--labels=a=b");
    expect(made.split("\n").toSorted()).toEqual(["one\tRUNNING", "two\tRUNNING"]);
    const refused = await compute(...create, "arm", ...image, "debian-12-arm64");
    expect(refused).toContain("is not compatible with machine type architecture");

    const list = ["instances", "list", "--format=value(name,zone.basename())"];
    expect(await compute(...list, "--filter=labels.a=b")).toBe(
      "one\tus-central1-a\ntwo\tus-central1-a",
    );
    const describe = ["instances", "describe", ...ZONE, "--format=value(status,id)"];
    const [one] = gce.instances("agents");
    expect(await compute(...describe, "one")).toBe(`RUNNING\t${one?.id}`);

    await compute("instances", "delete", ...ZONE, "--quiet", "one", "two");
    expect(await compute(...list)).toBe("");
  }, 180_000);
});
