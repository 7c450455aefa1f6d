import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { failures } from "../support/ec2-resolve.ts";
import { gceScene, IMAGE, PROJECT } from "../support/gce-scene.ts";
import { scratchFolder } from "../support/scratch.ts";
import { sendJson, startServer } from "../unit/oci/support/http-server.ts";

const MINUTE = 60_000;
const REFUSAL = {
  error: "invalid_grant",
  error_description:
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.",
};

/** The failed check of a call whose token service has this clock. */
async function refusedBy(ahead: number) {
  await using scene = await gceScene();
  await using tokens = await startServer((_request, response) => {
    const date = new Date(Date.now() + ahead).toUTCString();
    sendJson(response, REFUSAL, { status: 400, headers: { date } });
  });
  using folder = scratchFolder();
  const path = join(folder.path, "credential.json");
  const source = join(folder.path, "token");
  writeFileSync(source, "of-the-workload");
  writeFileSync(
    path,
    JSON.stringify({
      type: "external_account",
      audience:
        "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      token_url: `${tokens.url}/token`,
      credential_source: { file: source },
    }),
  );
  const adapter = scene.open({
    environment: {
      CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${scene.gce.url}/compute/v1/`,
      GOOGLE_APPLICATION_CREDENTIALS: path,
    },
  });
  const { checks } = await adapter.inspectImage(
    { substrate: "GCP", selfLink: `projects/${PROJECT}/global/images/${IMAGE}` },
    { imageName: "agent-base", architecture: "amd64" },
    new AbortController().signal,
  );
  expect(failures(checks)).toEqual({ "cloud.credentials": "CLOUD_UNAUTHENTICATED" });
  return checks.find(({ outcome }) => outcome === "failed");
}

describe("a token service that refuses", () => {
  it.each([
    [20, "this machine's clock is 20 minutes behind that of the token service"],
    [-20, "this machine's clock is 20 minutes ahead of that of the token service"],
  ])("shows a wrong clock of this machine by its reply's date (%s minutes)", async (ahead, why) => {
    const failed = await refusedBy(ahead * MINUTE);
    expect(failed?.message).toContain("Token must be a short-lived token");
    expect(failed?.message).toContain(why);
    expect(failed?.remedy).toBe("Correct this machine's clock. Then check the credentials.");
  });

  it("is not about the clock if both show the same time", async () => {
    const failed = await refusedBy(0);
    expect(failed?.message).toContain("Token must be a short-lived token");
    expect(failed?.remedy).not.toContain("clock");
  });
});
