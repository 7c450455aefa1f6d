import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Slipway } from "../../../src/slipway/slipway.ts";
import { makePipe } from "../../support/pipe.ts";
import {
  checkOf,
  contentsOf,
  dockerPlacement,
  scene,
  setSchema,
  setSecret,
} from "./support/doctor-scene.ts";
import type { Printed, Scene } from "./support/doctor-scene.ts";

describe("the database", () => {
  it.each<readonly [string, (at: Scene) => void, Partial<Printed>, number]>([
    [
      "of a newer Slipway",
      ({ database }) => setSchema(database, "catalog", 99),
      { outcome: "problem", reason: "STORAGE_VERSION", code: "FAILED_PRECONDITION" },
      3,
    ],
    [
      "of an older Slipway",
      ({ database }) => setSchema(database, "catalog", 0),
      { outcome: "warning" },
      0,
    ],
    [
      "that is not one",
      ({ database }) => writeFileSync(database, "not a database, but some text\n".repeat(99)),
      { outcome: "problem", reason: "STORAGE_DAMAGED" },
      3,
    ],
    [
      "that is a folder",
      ({ database }) => {
        rmSync(database);
        mkdirSync(database);
      },
      { outcome: "problem", reason: "STORAGE_UNAVAILABLE" },
      3,
    ],
    [
      "with a log that is a pipe",
      ({ database }) => makePipe(`${database}-wal`),
      { outcome: "problem", message: expect.stringContaining("it is a pipe") },
      3,
    ],
    [
      "that everybody can write",
      ({ database }) => chmodSync(database, 0o666),
      { outcome: "problem", reason: "STORAGE_UNSAFE" },
      3,
    ],
    [
      "that everybody can read",
      ({ database }) => chmodSync(database, 0o644),
      { outcome: "warning", message: expect.stringContaining("can be read by every user") },
      0,
    ],
  ])("%s", async (_title, damage, expected, exitCode) => {
    using at = scene();
    await at.write(dockerPlacement("unix:///nowhere/docker.sock"));
    await at.write((slipway) => slipway.catalog.delete("placement", "local"));
    damage(at);
    const before = contentsOf(at.folder);
    const ran = await at.doctor();
    expect(checkOf(ran.checks, "database")).toMatchObject(expected);
    expect(checkOf(ran.checks, "database")?.message).toContain(at.database);
    expect(ran.exitCode).toBe(exitCode);
    expect(contentsOf(at.folder)).toEqual(before);
  });

  it("in a folder that cannot be reached", async () => {
    using at = scene();
    writeFileSync(join(at.folder, "data"), "a file");
    const { exitCode, checks } = await at.doctor();
    expect(checkOf(checks, "database")).toMatchObject({
      outcome: "problem",
      reason: "STORAGE_UNAVAILABLE",
      message: expect.stringContaining(`${join(at.folder, "data")} is not a folder`),
    });
    expect(exitCode).toBe(3);
  });

  it.skipIf(process.getuid?.() === 0)("that cannot be written", async () => {
    using at = scene();
    await at.write(async () => undefined);
    chmodSync(at.database, 0o400);
    const { exitCode, checks } = await at.doctor();
    expect(checkOf(checks, "database")).toMatchObject({
      outcome: "problem",
      reason: "STORAGE_READ_ONLY",
    });
    expect(exitCode).toBe(3);
  });
});

describe("the key", () => {
  it.each<readonly [string, (at: Scene) => void, string, RegExp]>([
    [
      "is missing",
      ({ key }) => rmSync(key),
      "SECRET_KEY_MISSING",
      /2 of 2 secrets: secret \w+ is sealed, and key file .* does not exist/,
    ],
    [
      "is readable by others",
      ({ key }) => chmodSync(key, 0o640),
      "SECRET_KEY_INVALID",
      /users other/,
    ],
    [
      "is another one",
      ({ key }) => writeFileSync(key, `${Buffer.alloc(32, 7).toString("base64")}\n`),
      "SECRET_KEY_INVALID",
      /is sealed with key [0-9a-f]{16}, but key file .* holds key [0-9a-f]{16}/,
    ],
    [
      "is not a key",
      ({ key }) => writeFileSync(key, "short"),
      "SECRET_KEY_INVALID",
      /not hold a key/,
    ],
  ])("%s", async (_title, damage, reason, message) => {
    using at = scene();
    await at.write(setSecret("ONE", "first-hidden"));
    await at.write(setSecret("TWO", "second-hidden"));
    damage(at);
    const { exitCode, checks } = await at.doctor();
    expect(checkOf(checks, "key")).toMatchObject({ outcome: "problem", reason });
    expect(checkOf(checks, "key")?.message).toMatch(message);
    expect(checkOf(checks, "key")?.remedy).not.toBe("");
    expect(exitCode).toBe(3);
  });

  it("of another tenant's secrets is missing", async () => {
    using at = scene();
    await at.write(setSecret("ONE", "hidden"));
    rmSync(at.key);
    const { checks } = await at.doctor(["--tenant", "other"]);
    expect(checkOf(checks, "key")).toMatchObject({
      outcome: "problem",
      message: expect.stringContaining("secrets of other tenants"),
    });
  });

  it("is not expected before the first secret", async () => {
    using at = scene();
    await at.write(async () => undefined);
    expect(checkOf((await at.doctor()).checks, "key")).toMatchObject({ outcome: "ok" });
  });
});

describe("a registry's credential", () => {
  const image =
    (docker: { readonly imageRef: string; readonly pullCredentialSecret?: string }) =>
    (slipway: Slipway) =>
      slipway.catalog.set("image", { name: "base", architecture: "ARCHITECTURE_AMD64", docker });
  const configure = (at: Scene, text: string): void => {
    mkdirSync(join(at.folder, ".docker"));
    writeFileSync(join(at.folder, ".docker", "config.json"), text);
  };

  it.each([
    ["is not JSON", "{", "is not JSON"],
    ["has an unexpected structure", '{"auths": 7}', "malformed at auths"],
  ])("is in a configuration that %s", async (_title, text, words) => {
    using at = scene();
    configure(at, text);
    const { exitCode, checks } = await at.doctor();
    expect(checkOf(checks, "registry")).toMatchObject({
      outcome: "problem",
      reason: "CREDENTIAL_INVALID",
      message: expect.stringContaining(words),
    });
    expect(exitCode).toBe(2);
  });

  it("comes from a helper that is not installed: a problem if an image needs it", async () => {
    using at = scene();
    configure(at, '{"credHelpers": {"ghcr.io": "gone"}}');
    const idle = await at.doctor([], { PATH: at.folder });
    expect(checkOf(idle.checks, "registry")).toMatchObject({ outcome: "warning" });
    expect(idle.exitCode).toBe(0);
    await at.write(image({ imageRef: "ghcr.io/acme/agent:1" }));
    const needed = await at.doctor([], { PATH: at.folder });
    expect(checkOf(needed.checks, "registry")).toMatchObject({
      outcome: "problem",
      reason: "CREDENTIAL_HELPER_FAILED",
      message: expect.stringMatching(
        /^ghcr\.io \(image base\): .*docker-credential-gone.*no such program/,
      ),
    });
    expect(needed.exitCode).toBe(3);
    // The helper is not tried again for its own sake.
    expect(needed.checks.filter(({ name }) => name === "registry")).toHaveLength(2);
  });

  it("comes from a helper that answers, and is not printed", async () => {
    using at = scene();
    configure(at, '{"credsStore": "here", "auths": {"https://index.docker.io/v1/": {}}}');
    const helper = join(at.folder, "docker-credential-here");
    writeFileSync(helper, '#!/bin/sh\necho \'{"Username": "u", "Secret": "s3cr3t-value"}\'\n');
    chmodSync(helper, 0o755);
    const path = { PATH: `${at.folder}:/usr/bin:/bin` };
    expect(await at.text([], path)).toContain("docker-credential-here answers\n");
    await at.write(image({ imageRef: "ghcr.io/acme/agent:1" }));
    const text = await at.text([], path);
    expect(text).toContain("ghcr.io (image base): pulling with the credential from Docker's conf");
    expect(text).not.toContain("s3cr3t-value");
  });

  it("comes from an image's secret, which must parse", async () => {
    using at = scene();
    await at.write(setSecret("LOGIN", "robot:hidden-password"));
    await at.write(image({ imageRef: "ghcr.io/acme/agent:1", pullCredentialSecret: "LOGIN" }));
    const good = await at.doctor();
    expect(good.checks.map(({ message }) => message)).toContain(
      "ghcr.io (image base): pulling with secret LOGIN",
    );
    await at.write(setSecret("LOGIN", "without-a-colon"));
    const bad = await at.doctor();
    expect(checkOf(bad.checks, "registry")).toMatchObject({
      outcome: "problem",
      reason: "CREDENTIAL_INVALID",
    });
    expect(JSON.stringify(bad)).not.toContain("without-a-colon");
  });
});
