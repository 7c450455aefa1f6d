import { inspect } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createSlipway } from "../../src/slipway/create-slipway.ts";
import { isSlipwayError } from "../../src/errors.ts";
import type { ProcessResult } from "../cli/support/slipway-process.ts";
import { describeWithEngineAndRegistry } from "../support/peers.ts";
import { uniqueName } from "../support/world.ts";
import { EXPECTED_REASONS, makeWorkspaces, setUpSecrets } from "../support/world-secret-scene.ts";
import type { SecretScene } from "../support/world-secret-scene.ts";
import { everythingIn, watchProcesses } from "../support/world-secrets.ts";

const SLOW = { timeout: 120_000 };

describeWithEngineAndRegistry("a secret", (engine, peer) => {
  const stack = new AsyncDisposableStack();
  let scene: SecretScene;
  beforeAll(async () => {
    scene = await setUpSecrets(stack, engine, peer);
  });
  afterAll(() => stack.disposeAsync());

  it("would be found in any spelling", () => {
    const { login, password } = scene.registry;
    const { scan } = scene;
    expect(scan(`Basic ${Buffer.from(login).toString("base64")}`)).toContain("PASSWORD");
    expect(scan(Buffer.from(`{"a":"${login}"}`).toString("base64url"))).toContain("PASSWORD");
    expect(scan(`https://robot:${password}@registry/`)).toContain("PASSWORD");
    expect(scan(JSON.stringify(scene.records["SIGNING_KEY"]))).toEqual(["SIGNING_KEY"]);
    expect(scan("nothing of the kind")).toEqual([]);
  });

  it("is in no output, no file and no process of the command line", SLOW, async () => {
    const { world, scan, records, environment } = scene;
    const ran: ProcessResult[] = [];
    const each = async (argv: readonly string[], stdin = "") =>
      ran.push(await world.commands.runProcess(argv, { stdin, environment }));
    const processes = watchProcesses();
    await each(["set", "secret", "SIGNING_KEY"], records["SIGNING_KEY"]);
    await each(["set", "secret", "lower"], records["SIGNING_KEY"]);
    const workspaces = await makeWorkspaces(scene);
    const [first = "", ...others] = workspaces;
    await each(["resolve", first, "--save", "plan.json", "--verbose"]);
    await Promise.all([
      each(["spawn", "--plan", "plan.json", "--id", first, "-o", "json", "--verbose"]),
      ...others.map((name) => each(["spawn", name, "--id", name, "-o", "json", "--verbose"])),
    ]);
    await Promise.all([
      each(["get", "secret", "-o", "json"]),
      each(["history", "secret", "API_TOKEN"]),
      each(["describe", first, "-o", "json"]),
      each(["list", "--all", "-o", "yaml"]),
      each(["watch", "--since", "all", "--until", "settled", "-o", "json"]),
    ]);
    await each(["terminate", ...workspaces, "--verbose"]);
    await processes[Symbol.asyncDispose]();

    const said = ran.map(({ stdout, stderr }) => `${stdout}\n${stderr}`).join("\n");
    for (const reason of EXPECTED_REASONS) expect(said).toContain(reason);
    expect(said).toContain("[redacted]");
    expect(scan(said)).toEqual([]);
    const files = everythingIn(world.commands.path);
    const names = ["slipway.db", "slipway.db-wal", "slipway.db-shm", "plan.json"];
    expect([...files.keys()]).toEqual(expect.arrayContaining(names));
    for (const [name, content] of files) expect([name, ...scan(content)]).toEqual([name]);
    const listed = [...processes.seen].join("\n");
    expect(listed).toContain(`SLIPWAY_DATABASE=${world.commands.database}`);
    expect(listed).toContain(first);
    expect(scan(listed)).toEqual([]);
  });

  it("is in no event, error, plan or record of the library", SLOW, async () => {
    const { world, scan, environment } = scene;
    const { database, path } = world.commands;
    const variables = { HOME: path, ...environment };
    await using slipway = await createSlipway({ database, environment: variables });
    const told: unknown[] = [];
    const onEvent = (notice: unknown) => told.push(notice);
    const reasons: string[] = [];
    const launched = async (workspace: string) => {
      const spawnId = uniqueName();
      try {
        told.push(await slipway.resolveWorkspace(workspace));
        const spawn = await slipway.spawnWorkspace(workspace, {
          spawnId,
          onEvent,
          wait: "watched",
        });
        told.push(spawn, await slipway.describeSpawn(spawnId));
        reasons.push(JSON.stringify(spawn.error?.["reason"] ?? null));
        told.push(await slipway.terminateSpawn(spawnId));
      } catch (caught) {
        if (!isSlipwayError(caught)) throw caught;
        reasons.push(JSON.stringify(caught.reason));
        told.push(caught);
      }
    };
    await Promise.all((await makeWorkspaces(scene)).map(launched));
    expect(reasons).toEqual(
      expect.arrayContaining(EXPECTED_REASONS.map((reason) => `"${reason}"`)),
    );
    told.push(await slipway.catalog.list("secret"), await slipway.catalog.list("image"));
    const whole = { depth: null, maxArrayLength: null, maxStringLength: null, showHidden: true };
    expect(scan(inspect(told, whole))).toEqual([]);
    expect(scan(JSON.stringify(told))).toEqual([]);
  });
});
