import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startRegistry, tinyImage } from "../../testing/registry/index.ts";
import { scratchFolder } from "../support/scratch.ts";
import { slipwayProcess } from "./support/slipway-process.ts";

const IMAGE = tinyImage("amd64");
const LEFTOVERS = [
  ["an empty file", "", "config.json is empty"],
  ["a damaged file", '{"auths": {', "config.json is not JSON"],
  [
    "the helper of a removed Docker Desktop",
    '{"auths": {}, "credsStore": "desktop", "currentContext": "desktop-linux"}',
    "docker-credential-desktop for",
  ],
] as const;

/** Inspects an image with this Docker configuration. */
async function inspect(reference: string, configuration: string) {
  using folder = scratchFolder();
  mkdirSync(join(folder.path, ".docker"));
  writeFileSync(join(folder.path, ".docker", "config.json"), configuration);
  return await slipwayProcess(["inspect", reference, "--database", "slipway.db"], {
    workingDirectory: folder.path,
    environment: { HOME: folder.path },
  });
}

describe("a Docker configuration that was left behind", () => {
  it.each(LEFTOVERS)("does not stop the read of a public image: %s", async (_what, text, why) => {
    await using registry = await startRegistry();
    const { reference, digest } = registry.add("team/app", "1", IMAGE);
    const ran = await inspect(reference, text);
    expect(ran).toMatchObject({ exitCode: 0, stderr: expect.stringContaining(why) });
    expect(ran.stderr).toMatch(/^slipway: warning: /);
    expect(ran.stdout).toContain(`manifest_digest: ${digest}`);
  });

  it.each(LEFTOVERS)("explains why a private image is refused: %s", async (_what, text, why) => {
    await using registry = await startRegistry({ auth: { kind: "basic", users: { alice: "a" } } });
    const { reference } = registry.add("team/app", "1", IMAGE);
    const ran = await inspect(reference, text);
    expect(ran).toMatchObject({ exitCode: 5, stdout: "" });
    expect(ran.stderr).toMatch(
      new RegExp(`UNAUTHENTICATED: .*the request had no credential: .*${why}`),
    );
  });

  it("does not hide the credential in the file behind a helper that is gone", async () => {
    await using registry = await startRegistry({ auth: { kind: "basic", users: { alice: "a" } } });
    const { reference, digest } = registry.add("team/app", "1", IMAGE);
    const configuration = (password: string) => {
      const auth = Buffer.from(`alice:${password}`).toString("base64");
      return JSON.stringify({ credsStore: "desktop", auths: { [registry.host]: { auth } } });
    };
    const ran = await inspect(reference, configuration("a"));
    expect(ran).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(`manifest_digest: ${digest}`),
      stderr: expect.stringMatching(/^slipway: warning: .*docker-credential-desktop/),
    });
    const refused = await inspect(reference, configuration("wrong-hunter2"));
    expect(refused).toMatchObject({ exitCode: 5, stdout: "" });
    expect(refused.stderr).toMatch(
      /UNAUTHENTICATED: .*refused the credential of Docker's configuration.*\(Docker's credential helper failed: .*docker-credential-desktop/,
    );
    expect(refused.stderr).not.toContain("hunter2");
  });
});
