import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PluggableAuthClient } from "google-auth-library";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { listenToExecutable } from "../../../../../adapters/gce/client/executable.ts";
import { scratchFolder } from "../../../../support/scratch.ts";

const folder = scratchFolder();
beforeAll(() => vi.stubEnv("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", "1"));
afterAll(() => {
  vi.unstubAllEnvs();
  folder[Symbol.dispose]();
});

/** A script with this first line and this command. */
function script(name: string, shebang: string, command: string): string {
  const path = join(folder.path, name);
  writeFileSync(path, `${shebang}\n${command}\n`);
  chmodSync(path, 0o755);
  return path;
}

function subjectToken(command: string): Promise<string> {
  const client = new PluggableAuthClient({
    type: "external_account",
    audience:
      "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
    subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
    credential_source: { executable: { command, timeout_millis: 10_000 } },
  });
  return listenToExecutable(client).retrieveSubjectToken();
}

it("gives the executable's token", async () => {
  const reply = {
    version: 1,
    success: true,
    token_type: "urn:ietf:params:oauth:token-type:id_token",
    id_token: "subject",
  };
  const path = script("good", "#!/bin/sh", `echo '${JSON.stringify(reply)}'`);
  expect(await subjectToken(path)).toBe("subject");
});

it("fails if the executable does not exist", async () => {
  const path = join(folder.path, "missing");
  await expect(subjectToken(path)).rejects.toThrow(
    `the executable of credential_source cannot be started: spawn ${path} ENOENT`,
  );
});

it("fails if the interpreter of a script with Windows line breaks does not exist", async () => {
  const path = script("windows", "#!/bin/sh\r", "true");
  await expect(subjectToken(path)).rejects.toThrow(`spawn ${path} ENOENT`);
});

it("fails if a signal ends the executable, with the signal's name", async () => {
  const path = script("killed", "#!/bin/sh", "kill -9 $$");
  await expect(subjectToken(path)).rejects.toThrow("failed with exit code: SIGKILL");
});
