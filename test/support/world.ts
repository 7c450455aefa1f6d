import { randomUUID } from "node:crypto";
import { scratchCatalog } from "../cli/support/scratch-catalog.ts";
import type { ScratchCatalog } from "../cli/support/scratch-catalog.ts";
import { createSlipway } from "../../src/slipway/create-slipway.ts";
import type { JsonObject } from "../../src/errors.ts";
import type { Clock } from "../../src/host/clock.ts";
import { systemClock } from "../../src/host/system-clock.ts";
import { SecretValue } from "../../src/secret-value.ts";
import type { Slipway } from "../../src/slipway/slipway.ts";
import type { Architecture } from "../../src/plan/plan.ts";
import { viewEngine } from "./world-engine.ts";
import type { EngineView } from "./world-engine.ts";

export interface WorkspaceOptions {
  readonly imageRef: string;
  /** Default amd64. */
  readonly architecture?: Architecture;
  /** Name of the pull secret; default `LOGIN`, null for none. */
  readonly secret?: string | null;
  /** Additional fields of the workspace's record. */
  readonly fields?: JsonObject;
  /** Default: the world's own placement. */
  readonly placement?: string;
}

/** A catalog and a ledger in a file, on one engine; everything launched is removed at the end. */
export interface World extends AsyncDisposable {
  readonly slipway: Slipway;
  /** The same catalog and ledger for command lines, in separate processes. */
  readonly commands: ScratchCatalog;
  readonly engine: EngineView;
  /** The label (`name=value`) of all containers of this world. */
  readonly label: string;
  /** Writes an image and a workspace with a unique name, and returns the name. */
  workspace(options: WorkspaceOptions): Promise<string>;
  /** Writes a Docker placement with a unique name, and returns the name. */
  placement(docker: JsonObject): Promise<string>;
  secret(name: string, value: string): Promise<void>;
  /** Runs a command with `-o json` that must succeed; returns its parsed output. */
  json(...argv: readonly string[]): Promise<unknown>;
}

const PLACEMENT = "here";
const LABEL = "com.example.world";

export interface WorldOptions {
  readonly engine: { readonly host: string; readonly socketPath: string };
  /** Its login becomes the secret `LOGIN`. */
  readonly registry?: { readonly host: string; readonly login: string };
  /** Further registries whose images are removed from the engine at the end. */
  readonly others?: readonly { readonly host: string }[];
  /** Of the library, not of the commands. Default: the system's. */
  readonly clock?: Clock;
}

export async function openWorld({
  engine,
  registry,
  others = [],
  clock = systemClock,
}: WorldOptions): Promise<World> {
  const id = randomUUID();
  const commands = scratchCatalog();
  const { database, path } = commands;
  const slipway = await createSlipway({ database, environment: { HOME: path }, ports: { clock } });
  const { catalog } = slipway;
  const view = viewEngine(engine);
  const placement = async (name: string, docker: JsonObject) => {
    const target = { docker: { host: engine.host, labels: { [LABEL]: id }, ...docker } };
    await catalog.set("placement", { name, substrate: "DOCKER", target });
    return name;
  };
  const secret = async (name: string, value: string) => {
    await catalog.setSecret(name, new SecretValue(value));
  };
  await placement(PLACEMENT, {});
  if (registry !== undefined) await secret("LOGIN", registry.login);
  return {
    slipway,
    commands,
    engine: view,
    label: `${LABEL}=${id}`,
    async workspace({ imageRef, architecture = "amd64", secret: login = "LOGIN", ...options }) {
      const name = uniqueName();
      await catalog.setDocument("image", {
        name,
        architecture: architecture === "amd64" ? "ARCHITECTURE_AMD64" : "ARCHITECTURE_ARM64",
        docker: {
          image_ref: imageRef,
          ...(login === null ? {} : { pull_credential_secret: login }),
        },
      });
      const where = options.placement ?? PLACEMENT;
      await catalog.setDocument("workspace", {
        name,
        image_ref: name,
        placement: where,
        ...options.fields,
      });
      return name;
    },
    placement: (docker) => placement(uniqueName(), docker),
    secret,
    json: async (...argv) => JSON.parse((await commands.must([...argv, "-o", "json"])).stdout),
    async [Symbol.asyncDispose]() {
      await slipway[Symbol.asyncDispose]();
      await view.removeContainers(`${LABEL}=${id}`);
      const registries = registry === undefined ? others : [registry, ...others];
      for (const { host } of registries) await view.removeImages(host);
      commands[Symbol.dispose]();
    },
  };
}

/** A unique name for a record or a spawn. */
export function uniqueName(): string {
  return `w-${randomUUID()}`;
}
