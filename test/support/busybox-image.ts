import { readFile } from "node:fs/promises";
import type { JsonObject } from "../../src/errors.ts";
import {
  type BuiltImage,
  type LayerEntry,
  type MediaTypeFamily,
  buildImage,
  buildLayer,
} from "../../testing/registry/index.ts";
import type { EnginePeer } from "./peers.ts";

export interface BusyboxImageOptions {
  readonly architecture: "amd64" | "arm64";
  /** Overrides for the `config` section, which has `Cmd` `["sh"]` and a `PATH`. */
  readonly config?: JsonObject;
  /** Additional files, in a separate layer above busybox's. */
  readonly files?: readonly LayerEntry[];
  /** Default `oci`. */
  readonly mediaTypes?: MediaTypeFamily;
}

const COMMANDS = ["cat", "echo", "env", "false", "id", "ls", "pwd", "sh", "sleep", "true", "uname"];

/** An image with a shell and a few commands, for containers that report about themselves. */
export async function busyboxImage(
  engine: EnginePeer,
  options: BusyboxImageOptions,
): Promise<BuiltImage> {
  const { architecture, config, files, mediaTypes = "oci" } = options;
  const content = await readFile(engine.busybox[architecture]);
  const entries: LayerEntry[] = [
    { type: "directory", path: "bin" },
    { type: "file", path: "bin/busybox", mode: 0o755, content },
    ...COMMANDS.map(
      (name) => ({ type: "symlink", path: `bin/${name}`, target: "busybox" }) as const,
    ),
  ];
  return buildImage({
    platform: { os: "linux", architecture, ...(architecture === "arm64" ? { variant: "v8" } : {}) },
    layers: [entries, ...(files === undefined ? [] : [files])].map((layer) => buildLayer(layer)),
    config: { Env: ["PATH=/bin"], Cmd: ["sh"], WorkingDir: "/", ...config },
    mediaTypes,
  });
}
