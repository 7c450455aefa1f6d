import {
  type Decoder,
  goBoolean,
  goInteger,
  goList,
  goMap,
  goMarker,
  goPointer,
  goStruct,
  goText,
  goTexts,
  goTime,
} from "./go-json.ts";
import { type EngineKind, EVERY_ENGINE } from "./finding.ts";
import { peek } from "./json-tokens.ts";

/**
 * The members of an image configuration, with the types of the Docker engine (`image.Image`, `container.Config`) and
 * of the OCI image specification. A value of another type fails the engine's whole read. Of the members that only
 * inform, Slipway drops such a value and reports it.
 */

/** A member that the launch does not need. */
function informs<Value>(
  decoder: Decoder<Value>,
  refusedBy: readonly EngineKind[] = EVERY_ENGINE,
): Decoder<Value> {
  return {
    decode(state, path, previous) {
      const before = state.notes.length;
      const value = decoder.decode(state, path, previous);
      const notes = state.notes.splice(before);
      state.notes.push(
        ...notes.map((note) =>
          note.kind === "type" ? { ...note, kind: "dropped" as const, refusedBy } : note,
        ),
      );
      return notes.some(({ kind }) => kind === "type") ? previous : value;
    },
  };
}

/** A member that Slipway does not use. By default Podman and Docker's graph-driver store alone read it. */
function unused<Value>(
  decoder: Decoder<Value>,
  refusedBy: readonly EngineKind[] = ["docker-graph-driver", "podman"],
): Decoder<never> {
  const checked = informs(decoder, refusedBy);
  return {
    decode(state, path) {
      checked.decode(state, path, undefined);
      return undefined;
    },
  };
}

/** Docker before 29 reads a string as a list of one string. */
const command: Decoder<readonly string[] | null> = {
  decode(state, path, previous) {
    if (peek(state) !== '"') return goTexts.decode(state, path, previous);
    const message = "a string, not an array of strings";
    const refusedBy = ["docker-containerd", "podman"] as const;
    state.notes.push({ kind: "dropped", path, message, refusedBy });
    return [goText.decode(state, path, undefined) ?? ""];
  },
};

/** No engine reads these members; Slipway does, as the specification defines them. */
const limit = informs(goInteger, []);

const healthcheck = goStruct({
  Test: goTexts,
  Interval: goInteger,
  Timeout: goInteger,
  StartPeriod: goInteger,
  StartInterval: goInteger,
  Retries: goInteger,
});

const execution = goStruct({
  User: goText,
  Memory: limit,
  MemorySwap: limit,
  CpuShares: limit,
  ExposedPorts: goMap(goMarker, null),
  Env: goTexts,
  Entrypoint: command,
  Cmd: command,
  Volumes: goMap(goMarker, null),
  WorkingDir: goText,
  Labels: goMap(goText, ""),
  StopSignal: goText,
  Healthcheck: goPointer(healthcheck),
  Shell: informs(goTexts),
  // The containerd store reads these two as well: https://github.com/moby/docker-image-spec and image-spec's `ImageConfig`.
  OnBuild: unused(goTexts, EVERY_ENGINE),
  ArgsEscaped: unused(goBoolean, EVERY_ENGINE),
  Hostname: unused(goText),
  Domainname: unused(goText),
  Image: unused(goText),
  MacAddress: unused(goText),
  AttachStdin: unused(goBoolean),
  AttachStdout: unused(goBoolean),
  AttachStderr: unused(goBoolean),
  Tty: unused(goBoolean),
  OpenStdin: unused(goBoolean),
  StdinOnce: unused(goBoolean),
  NetworkDisabled: unused(goBoolean),
  StopTimeout: unused(goInteger),
});

const historyEntry = goStruct({
  created: goTime,
  author: goText,
  created_by: goText,
  comment: goText,
  empty_layer: goBoolean,
});

export const imageConfigDecoder = goStruct({
  created: informs(goTime),
  author: informs(goText),
  architecture: goText,
  os: goText,
  variant: goText,
  "os.version": informs(goText),
  "os.features": informs(goTexts),
  config: goPointer(execution),
  rootfs: goPointer(goStruct({ type: goText, diff_ids: goTexts })),
  history: informs(goList(historyEntry, {})),
  id: unused(goText),
  parent: unused(goText),
  comment: unused(goText),
  container: unused(goText),
  docker_version: unused(goText),
  size: unused(goInteger),
});
