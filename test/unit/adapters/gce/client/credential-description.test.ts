import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { findCredentials } from "../../../../../adapters/gce/client/credentials.ts";
import type { CredentialOptions } from "../../../../../adapters/gce/client/credentials.ts";
import { gceAgents } from "../../../../../adapters/gce/client/transport.ts";
import { createSecretMemory } from "../../../../../src/redaction/secret-memory.ts";
import { gcpTarget } from "../../../../support/gce-launches.ts";
import { scratchFolder } from "../../../../support/scratch.ts";

const WRITER = "writer@agents.iam.gserviceaccount.com";
const USER = {
  type: "authorized_user",
  client_id: "id",
  client_secret: "secret",
  refresh_token: "refresh",
};
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

async function descriptionOf(options: Partial<CredentialOptions>): Promise<string> {
  const { description } = await findCredentials({
    target: gcpTarget({}),
    environment: {},
    home: "/nonexistent",
    role: "launcher",
    now: () => Date.now(),
    memory: createSecretMemory(9),
    agents: gceAgents(null),
    ...options,
  });
  return description;
}

describe("the description of Google credentials", () => {
  it.each([
    [
      "service account robot@agents.example",
      {
        type: "service_account",
        client_email: "robot@agents.example",
        private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
      },
    ],
    ["a user", USER],
    [
      "an external account",
      {
        type: "external_account",
        audience: "//iam.googleapis.com/projects/9/other",
        subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
        token_url: "https://sts.example.com/v1/token",
        credential_source: { file: "/var/run/token" },
      },
    ],
    [
      "an impersonated service account",
      {
        type: "impersonated_service_account",
        service_account_impersonation_url: `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${WRITER}:generateAccessToken`,
        source_credentials: USER,
      },
    ],
  ])("names the kind and the file: %s", async (kind, content) => {
    using folder = scratchFolder();
    const path = join(folder.path, "key.json");
    writeFileSync(path, JSON.stringify(content));
    const environment = { GOOGLE_APPLICATION_CREDENTIALS: path };
    expect(await descriptionOf({ environment })).toBe(
      `${kind} (GOOGLE_APPLICATION_CREDENTIALS ${path})`,
    );
  });

  it("names the variable of a token, without the token", async () => {
    const environment = { CLOUDSDK_AUTH_ACCESS_TOKEN: "hidden" };
    expect(await descriptionOf({ environment })).toBe("the token in CLOUDSDK_AUTH_ACCESS_TOKEN");
  });

  it("names the file of gcloud, and the account as which the user acts", async () => {
    using home = scratchFolder();
    const path = join(home.path, ".config", "gcloud", "application_default_credentials.json");
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(USER));
    const target = gcpTarget({ wifServiceAccount: WRITER });
    expect(await descriptionOf({ home: home.path, target })).toBe(
      `service account ${WRITER}, impersonated by a user (${path})`,
    );
  });
});
