import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import {
  readCredential,
  unusableFile,
} from "../../../../../adapters/gce/client/credential-document.ts";
import { caughtError } from "../../../../support/caught.ts";
import { scratchFolder } from "../../../../support/scratch.ts";

const USER = JSON.stringify({
  type: "authorized_user",
  refresh_token: "secret-token",
  account: "",
});

async function refused(path: string, variable = "GOOGLE_APPLICATION_CREDENTIALS") {
  const unusable = (why: string) => unusableFile({ variable, path }, null, why);
  return await caughtError(() => readCredential(path, unusable));
}

it.each([
  ["nothing", "", "is empty"],
  ["white space", " \n", "is empty"],
  ["a mark of UTF-8", `\uFEFF${USER}`, "starts with a byte order mark"],
  ["UTF-16", Buffer.from(`\uFEFF${USER}`, "utf16le"), "starts with a byte order mark"],
  ["a part of a document", USER.slice(0, -5), "is not JSON"],
  ["a list", "[]", "is not a JSON object"],
])("a file of %s is refused, and says why", async (_what, content, why) => {
  using folder = scratchFolder();
  const path = join(folder.path, "key.json");
  writeFileSync(path, content);
  const error = await refused(path);
  expect(error).toMatchObject({
    code: "FAILED_PRECONDITION",
    reason: "CLOUD_CONFIGURATION_INVALID",
  });
  expect(error.message).toContain(`GOOGLE_APPLICATION_CREDENTIALS ${path} ${why}`);
  expect(error.message).not.toContain("secret");
});

it.each([
  ["as it is", USER],
  ["over several lines", `\n${USER}\n`],
  ["in base64", Buffer.from(USER).toString("base64")],
])("a credential in the place of the path, %s, is not printed", async (_how, path) => {
  const error = await refused(path);
  expect(error.message).toBe(
    "GOOGLE_APPLICATION_CREDENTIALS holds a credential instead of the path of its file",
  );
});

it("a path that merely looks unusual is a path", async () => {
  const path = "/nowhere/eyJhbGci key(1).json";
  expect((await refused(path)).message).toContain(`${path} cannot be read`);
});

it("the remedy names the variable, which comes before a sign-in", async () => {
  expect((await refused("/nowhere")).remedy).toContain("Correct GOOGLE_APPLICATION_CREDENTIALS");
  expect((await refused("/nowhere", "")).remedy).toMatch(/^Sign in with `gcloud/);
});

it("reads the members, without those that are empty", async () => {
  using folder = scratchFolder();
  const path = join(folder.path, "key.json");
  writeFileSync(path, USER);
  const unusable = (why: string) => unusableFile({ variable: "", path }, null, why);
  const content = await readCredential(path, unusable);
  expect(content).toEqual({ type: "authorized_user", refresh_token: "secret-token" });
});
