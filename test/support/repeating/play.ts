import { join } from "node:path";
import { inspect } from "node:util";
import { runCommandLine } from "../../../src/cli/run.ts";
import { createProcessHost } from "../../../src/cli/process-host.ts";
import type { WritableStreamLike } from "../../../src/cli/output/sink.ts";
import { isSlipwayError } from "../../../src/errors.ts";
import { SecretValue } from "../../../src/secret-value.ts";
import { createSlipway } from "../../../src/slipway/create-slipway.ts";
import type { Slipway } from "../../../src/slipway/slipway.ts";
import { fastClock } from "../faults/fast-clock.ts";
import { scratchFolder } from "../scratch.ts";
import { everythingIn } from "../world-secrets.ts";
import { WORKSPACE } from "./scenes.ts";
import type { Scene } from "./scenes.ts";

/** How commands are run and their output is read. */
export const WAYS = ["library", "text", "json"] as const;
export type Way = (typeof WAYS)[number];

/** A scene with its own catalog. */
export interface Player extends Disposable {
  /** Runs every command, and returns everything that was printed: results, errors, events, warnings. */
  play(way: Way): Promise<string>;
  /** All bytes of all files that are left. */
  readonly files: () => ReadonlyMap<string, string>;
}

/** Factor by which timeouts are shortened: minutes pass in moments. */
const HASTE = 1_000;
const WHOLE = {
  depth: null,
  maxArrayLength: null,
  maxStringLength: null,
  showHidden: true,
} as const;

export async function createPlayer(scene: Scene): Promise<Player> {
  const folder = scratchFolder();
  const database = join(folder.path, "slipway.db");
  const environment = { HOME: folder.path, NO_PROXY: "*", ...scene.environment };
  const open = () => createSlipway({ database, environment, ports: { clock: fastClock(HASTE) } });
  await using slipway = await open();
  for (const [name, value] of Object.entries(scene.stored))
    await slipway.catalog.setSecret(name, new SecretValue(value));
  for (const kind of ["image", "placement", "workspace"] as const)
    await slipway.catalog.setDocument(kind, scene.records[kind] ?? {});
  let spawns = 0;
  return {
    async play(way) {
      spawns += 1;
      const spawnId = `spawn-${spawns}`;
      const told: string[] = [];
      const warn = (warning: Error) => told.push(inspect(warning, WHOLE));
      process.on("warning", warn);
      try {
        await (way === "library"
          ? playLibrary(open, scene, spawnId, told)
          : playCommands(open, scene, { spawnId, told, format: way, folder: folder.path }));
      } finally {
        process.off("warning", warn);
      }
      return told.join("\n");
    },
    files: () => everythingIn(folder.path),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

async function playLibrary(
  open: () => Promise<Slipway>,
  scene: Scene,
  spawnId: string,
  told: string[],
): Promise<void> {
  const { reference, stored, repeater } = scene;
  repeater.beginSession();
  await using slipway = await open();
  const tell = (said: unknown) => told.push(inspect(said, WHOLE), JSON.stringify(said) ?? "");
  const attempt = async (work: () => Promise<unknown>) => {
    try {
      tell(await work());
    } catch (caught) {
      if (!isSlipwayError(caught)) throw caught;
      tell(caught);
    }
  };
  const secret = "LOGIN" in stored ? { secret: "LOGIN" } : {};
  if (reference !== null)
    await attempt(() => slipway.inspectImage(reference, { ...secret, verifyLayers: true }));
  // The image was inspected by a separate client, whose tokens are gone with it.
  repeater.beginSession();
  await attempt(() => slipway.resolveWorkspace(WORKSPACE));
  await attempt(() =>
    slipway.spawnWorkspace(WORKSPACE, { spawnId, wait: "watched", onEvent: tell }),
  );
  await attempt(() => slipway.describeSpawn(spawnId));
  // As below: a machine's output is not checked.
  await attempt(() => Array.fromAsync(slipway.logs(spawnId), () => null));
  await attempt(() => slipway.refreshSpawns([]));
  await attempt(() => slipway.terminateSpawn(spawnId));
  await attempt(() => slipway.sweep({ dryRun: true }));
  await attempt(() => slipway.listSpawns());
}

async function playCommands(
  open: () => Promise<Slipway>,
  { reference, stored, environment, repeater }: Scene,
  at: {
    readonly spawnId: string;
    readonly told: string[];
    readonly format: Way;
    readonly folder: string;
  },
): Promise<void> {
  const { spawnId, told, format, folder } = at;
  const secret = "LOGIN" in stored ? ["--secret", "LOGIN"] : [];
  const lines = [
    ...(reference === null ? [] : [["inspect", reference, ...secret, "--verify-layers"]]),
    ["spawn", WORKSPACE, "--id", spawnId],
    ["logs", spawnId],
    ["list", "--refresh"],
    ["terminate", spawnId],
    ["sweep", "--dry-run"],
  ];
  for (const line of lines) {
    repeater.beginSession();
    const output = format === "json" ? ["-o", "json"] : [];
    // A machine's output is printed unchanged and not checked; errors while reading it are.
    const printed = line[0] === "logs" ? [] : told;
    const host = createProcessHost({
      stdin: nothing(),
      stdout: streamTo(printed),
      stderr: streamTo(told),
      env: environment,
      cwd: () => folder,
      once: () => undefined,
    });
    await runCommandLine([...line, ...output, "--verbose"], { ...host, openSlipway: open });
  }
}

function streamTo(told: string[]): WritableStreamLike {
  return {
    write(chunk, written) {
      told.push(Buffer.from(chunk).toString());
      written();
      return true;
    },
    on: () => undefined,
  };
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // There is no input.
}
