import { randomUUID } from "node:crypto";
import type { JsonObject } from "../../../../src/errors.ts";
import { startRegistry, tinyImage } from "../../../../testing/registry/index.ts";
import { uniqueName } from "../../../support/world.ts";
import { scratchCatalog } from "../../support/scratch-catalog.ts";
import type { CommandResult } from "../../support/command-line.ts";
import { viewEngine } from "../../../support/world-engine.ts";
import type { EngineView } from "../../../support/world-engine.ts";

/** The records' fields of one case, in the records' spelling. */
export interface DockerFields {
  /** Of `target.docker`. */
  readonly placement?: JsonObject;
  /** Of `docker`. */
  readonly environment?: JsonObject;
  readonly workspace?: JsonObject;
}

/** A command line on one engine, with an image of the tiny program. */
export interface DockerCommands extends AsyncDisposable {
  readonly engine: EngineView;
  /** Writes records with the fields through `set`; returns the workspace's name. */
  records(fields: DockerFields): Promise<string>;
  /** Writes one record; returns what the command printed. */
  set(kind: string, body: JsonObject & { readonly name: string }): Promise<CommandResult>;
  run(...argv: readonly string[]): Promise<CommandResult>;
  /** Runs a command that must succeed; returns what it printed. */
  json(...argv: readonly string[]): Promise<unknown>;
}

const LABEL = "com.example.fields";

export async function openDockerCommands(peer: {
  readonly host: string;
  readonly socketPath: string;
}): Promise<DockerCommands> {
  const id = randomUUID();
  const catalog = scratchCatalog();
  const registry = await startRegistry();
  registry.add("fields/steady", "1", tinyImage("amd64"));
  const engine = viewEngine(peer);
  const set = (kind: string, body: JsonObject & { readonly name: string }) =>
    catalog.run(["set", kind, body.name, "-o", "json"], { stdin: JSON.stringify(body) });
  const mustSet = async (kind: string, body: JsonObject & { readonly name: string }) => {
    const { exitCode, stderr } = await set(kind, body);
    if (exitCode !== 0) throw new Error(stderr);
  };
  await mustSet("image", {
    name: "steady",
    architecture: "ARCHITECTURE_AMD64",
    docker: { image_ref: `${registry.host}/fields/steady:1` },
  });
  await mustSet("machine-type", {
    name: "any",
    vcpus: 1,
    memory_gb: 1,
    architecture: "ARCHITECTURE_AMD64",
    spec: { docker: {} },
  });
  return {
    engine,
    async records({ placement = {}, environment = {}, workspace = {} }) {
      const name = uniqueName();
      const docker = { host: peer.host, labels: { [LABEL]: id }, ...placement };
      await mustSet("placement", { name, substrate: "DOCKER", target: { docker } });
      await mustSet("environment", {
        name,
        substrate: "DOCKER",
        machine_type_ref: "any",
        docker: environment,
      });
      await mustSet("workspace", {
        name,
        image_ref: "steady",
        placement: name,
        environment_ref: name,
        ...workspace,
      });
      return name;
    },
    set,
    run: (...argv) => catalog.run([...argv, "-o", "json"]),
    json: async (...argv) => JSON.parse((await catalog.must([...argv, "-o", "json"])).stdout),
    async [Symbol.asyncDispose]() {
      await engine.removeContainers(`${LABEL}=${id}`);
      await engine.removeImages(registry.host);
      await registry.close();
      catalog[Symbol.dispose]();
    },
  };
}
