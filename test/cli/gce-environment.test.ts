import { expect, it } from "vitest";
import { startServer } from "../unit/oci/support/http-server.ts";
import { gceCli } from "./support/gce-cli.ts";

const SLOW = { timeout: 60_000 };
const GOOGLE = { "metadata-flavor": "Google" };

/** Undoes the token of `gceCli`, so that credentials are looked for. */
const NO_TOKEN = { CLOUDSDK_AUTH_ACCESS_TOKEN: "", HOME: "/nonexistent" };

/** A metadata server whose machine has a service account. */
function metadataServer() {
  return startServer(({ url }, response) => {
    if (url.includes("universe")) return response.writeHead(404, GOOGLE).end();
    const token = { access_token: "of-the-machine", expires_in: 3_599 };
    return response.writeHead(200, GOOGLE).end(JSON.stringify(token));
  });
}

it.each(["GOOGLE_APPLICATION_CREDENTIALS", "google_application_credentials"])(
  "%s names a file of credentials",
  SLOW,
  async (variable) => {
    await using cli = await gceCli();
    const environment = { ...NO_TOKEN, METADATA_SERVER_DETECTION: "none", [variable]: "/nowhere" };
    const { error } = await cli.refused(["resolve", "dev"], { environment });
    expect(error).toMatchObject({
      reason: "CLOUD_CONFIGURATION_INVALID",
      message: expect.stringContaining(`${variable} /nowhere cannot be read`),
    });
  },
);

it("takes the file of the variable in upper case before that in lower case", SLOW, async () => {
  await using cli = await gceCli();
  const environment = {
    ...NO_TOKEN,
    GOOGLE_APPLICATION_CREDENTIALS: "/first",
    google_application_credentials: "/second",
  };
  const { error } = await cli.refused(["resolve", "dev"], { environment });
  expect(error["message"]).toContain("GOOGLE_APPLICATION_CREDENTIALS /first cannot be read");
});

it.each(["GCE_METADATA_HOST", "GCE_METADATA_IP"])(
  "%s is the address of the metadata server",
  SLOW,
  async (variable) => {
    await using cli = await gceCli();
    await using server = await metadataServer();
    const environment = { ...NO_TOKEN, [variable]: server.host };
    expect(await cli.run(["resolve", "dev"], { environment })).toMatchObject({ exitCode: 0 });
    expect(server.requests).not.toEqual([]);
  },
);

it.each(["none", "bios-only", "never-heard-of"])(
  "METADATA_SERVER_DETECTION=%s asks no metadata server",
  SLOW,
  async (detection) => {
    await using cli = await gceCli();
    await using server = await metadataServer();
    const environment = {
      ...NO_TOKEN,
      GCE_METADATA_HOST: server.host,
      METADATA_SERVER_DETECTION: detection,
    };
    const { error } = await cli.refused(["resolve", "dev"], { environment });
    expect(error.reason).toBe("CLOUD_UNAUTHENTICATED");
    expect(error["message"]).toContain("METADATA_SERVER_DETECTION is");
    expect(server.requests).toEqual([]);
  },
);

it.each([
  "GOOGLE_CLOUD_PROJECT",
  "GCLOUD_PROJECT",
  "gcloud_project",
  "google_cloud_project",
  "CLOUDSDK_CORE_PROJECT",
])("%s does not replace the placement's project", SLOW, async (variable) => {
  await using cli = await gceCli();
  const environment = { [variable]: "elsewhere" };
  expect(await cli.run(["resolve", "dev"], { environment })).toMatchObject({ exitCode: 0 });
  expect(new Set(cli.gce.requests.map(({ project }) => project))).toEqual(new Set(["agents"]));
});
