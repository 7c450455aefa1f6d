/** What people reported of images, registries and engines, played through the command line. See docs/field-reports.md. */
import type { ChildProcess } from "node:child_process";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { scratchCatalog } from "../cli/support/scratch-catalog.ts";
import type { CommandResult } from "../cli/support/command-line.ts";
import { printedError } from "../cli/support/printed-error.ts";
import { startFixtureEngine } from "./support/fixture-engine.ts";
import type { FixtureEngine } from "./support/fixture-engine.ts";
import { startFixtureRegistry } from "./support/fixture-registry.ts";
import { readFixture } from "./support/fixtures.ts";

const refusals = z.strictObject({
  create: z.tuple([z.number(), z.string()]).optional(),
  start: z.tuple([z.number(), z.string()]).optional(),
});
const inspection = z.looseObject({
  manifest_digest: z.string(),
  platform: z.string(),
  config: z.looseObject({}),
});

/** The command line with a workspace of the case's image, its registry and an engine. */
async function scene(name: string, engineFile?: string) {
  await using opened = new AsyncDisposableStack();
  const registry = opened.use(await startFixtureRegistry(name));
  const engine = opened.use(
    await startFixtureEngine(
      engineFile === undefined ? {} : refusals.parse(JSON.parse(readFixture(name, engineFile))),
    ),
  );
  const catalog = opened.use(scratchCatalog());
  const environment = { DOCKER_HOST: engine.host };
  const { reference } = registry;
  const records = {
    image: { name: "app", architecture: "ARCHITECTURE_AMD64", docker: { image_ref: reference } },
    placement: { name: "here", substrate: "DOCKER", target: { docker: {} } },
    workspace: { name: "app-dev", image_ref: "app", placement: "here" },
  };
  for (const [kind, record] of Object.entries(records))
    await catalog.must(["set", kind, record.name], { stdin: JSON.stringify(record) });
  const owned = opened.move();
  return {
    registry,
    engine,
    catalog,
    reference,
    run: (...argv: readonly string[]): Promise<CommandResult> => catalog.run(argv, { environment }),
    runProcess: (argv: readonly string[], onStart: (child: ChildProcess) => void) =>
      catalog.runProcess(argv, { environment, onStart }),
    async inspect(platform = "linux/amd64", ...flags: readonly string[]) {
      const ran = await catalog.must(
        ["inspect", reference, "--platform", platform, "-o", "json", ...flags],
        { environment },
      );
      return inspection.parse(JSON.parse(ran.stdout));
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const created = (engine: FixtureEngine) =>
  engine.requests.filter((request) => request === "POST /containers/create").length;

describe("an image that engines run", () => {
  it("is read with Harbor's token, whose reply has an empty access_token", async () => {
    await using at = await scene("oci/01-harbor-empty-access-token");
    expect((await at.inspect()).config).toMatchObject({ config: { Cmd: ["/bin/app"] } });
    expect((await at.run("resolve", "app-dev")).exitCode).toBe(0);
  });

  it("is found behind an index of indexes, for each platform", async () => {
    await using at = await scene("oci/02-nested-index");
    expect(await at.inspect("linux/amd64")).toMatchObject({
      manifest_digest: "sha256:a1f1b7d1e3a3b4070dab3c1891c9428840815d3a7f67119f5b439625bd48d47a",
      platform: "linux/amd64",
    });
    expect(await at.inspect("linux/arm64")).toMatchObject({
      manifest_digest: "sha256:713e9712002850ee1e46a6c01a1f79bf9ea62fd0ba83596776a54c61e603547a",
      platform: expect.stringMatching(/^linux\/arm64/u),
    });
    expect((await at.run("resolve", "app-dev")).exitCode).toBe(0);
  });

  it("may expose a range of ports", async () => {
    await using at = await scene("oci/03-expose-range");
    await at.inspect();
    expect((await at.run("spawn", "app-dev")).exitCode).toBe(0);
  });

  it("is read with the credential that only /v2/ asks for", async () => {
    await using at = await scene("oci/04-hidden-repository");
    await at.catalog.must(["set", "secret", "PULL"], { stdin: "robot:sesame" });
    await at.inspect("linux/amd64", "--secret", "PULL");
    expect(at.registry.requests).toContain("GET /v2/ 401");
  });

  it("has member names in any case, and the plan shows what will run", async () => {
    await using at = await scene("oci/09-lower-case-config");
    expect((await at.inspect()).config).toMatchObject({
      config: {
        Cmd: ["/bin/app", "--serve"],
        Env: ["PATH=/bin", "MODE=fast"],
        WorkingDir: "/srv",
        ExposedPorts: { "8080/tcp": {} },
      },
    });
  });
});

describe("a spawn whose driver is killed", () => {
  it("is recovered from a registry that answers no HEAD", async () => {
    await using at = await scene("oci/05-no-head", "engine-busy.json");
    await at.runProcess(["spawn", "app-dev", "--id", "one"], (child) => {
      void at.engine.createRequested.then(() => child.kill("SIGKILL"));
    });
    delete at.engine.refusals.create;
    expect((await at.run("recover")).exitCode).toBe(0);
    const { stdout } = await at.run("describe", "one", "-o", "json");
    expect(JSON.parse(stdout)).toMatchObject({ state: "running" });
    expect(at.registry.requests.filter((request) => request.startsWith("HEAD"))).not.toEqual([]);
  });
});

describe("an image that no engine runs", () => {
  it("is refused by the dry run if it has no command", async () => {
    await using at = await scene("oci/06-no-command", "engine.json");
    for (const command of ["resolve", "spawn"]) {
      const ran = await at.run(command, "app-dev", "-o", "json");
      expect(ran.exitCode).toBe(3);
      const { message, remedy } = printedError(ran);
      expect(message).toMatch(/no (?:entrypoint|command)/u);
      expect(`${message} ${remedy}`).not.toMatch(/limit|environment/u);
    }
    expect(created(at.engine)).toBe(0);
  });

  it("is refused by a registry's policy in the registry's own words", async () => {
    await using at = await scene("oci/10-policy-412");
    const words = "current image with 7 vulnerabilities cannot be pulled due to configured policy";
    for (const argv of [
      ["resolve", "app-dev"],
      ["inspect", at.reference, "--platform", "linux/amd64"],
    ]) {
      const asText = await at.run(...argv);
      const asJson = await at.run(...argv, "-o", "json");
      expect([3, 5]).toContain(asText.exitCode);
      expect(asJson.exitCode).toBe(asText.exitCode);
      const { message, remedy } = printedError(asJson);
      for (const text of [asText.stderr, message]) {
        expect(text).toContain(words);
        expect(text).toContain("PROJECTPOLICYVIOLATION");
      }
      expect(remedy).not.toMatch(/proxy|network|host is a registry/u);
    }
  });
});

describe("an engine's host that starts no container", () => {
  it.each([
    ["oci/07-host-refuses-sysctl", "open sysctl net.ipv4.ip_unprivileged_port_start file"],
    ["oci/08-host-without-shim", 'binary not installed "containerd-shim-runc-v2"'],
  ])("is to blame itself: %s", async (name, words) => {
    await using at = await scene(name, "engine.json");
    const ran = await at.run("spawn", "app-dev", "-o", "json");
    expect(ran.exitCode).not.toBe(0);
    const { code, message, remedy, blast_radius: radius } = printedError(ran);
    expect({ radius, isDefect: code === "INTERNAL" }).toEqual({ radius: "zone", isDefect: false });
    expect(message).toContain(words);
    expect(remedy).toMatch(/host/u);
    expect(remedy).not.toMatch(/image|push/u);
  });
});
