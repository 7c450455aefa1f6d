import { isNodeModule, within } from "./imports.ts";
import type { Wall } from "./imports.ts";
import type { Modules, SourceModule } from "./read-module.ts";
import type { Token } from "./tokens.ts";

/** Files that only decide: no I/O, no clock, no randomness, no environment. */
export const PURE_FILES: readonly string[] = [
  "src/plan/plan.ts",
  "src/resolver/checks.ts",
  "src/resolver/select-image.ts",
  "src/spawner/candidates.ts",
  "src/boot/boot-document.ts",
  "src/boot/user-data.ts",
  "src/spawner/state-machine.ts",
  "src/spawner/launch/backoff.ts",
  "src/ledger/ledger-steps.ts",
  "src/oci/reference.ts",
  "src/oci/image/image-config.ts",
  "adapters/aws/labels.ts",
  "adapters/aws/machine.ts",
  "adapters/gce/labels.ts",
  "adapters/gce/machines/machine-id.ts",
  "adapters/gce/machine.ts",
  "adapters/gce/launch/names.ts",
  "adapters/gce/client/operation.ts",
];
/** The pure file of every adapter: it builds the request, and another file sends it. */
const PURE_OF_ADAPTERS = /^adapters\/[^/]+\/launch\/launch-request\.ts$/;

/** Node's modules that only compute. Of `node:crypto` that means hashing: its random functions are impure words. */
const COMPUTING_MODULES: ReadonlySet<string> = new Set([
  "node:buffer",
  "node:crypto",
  "node:util",
  "node:zlib",
]);

/** Identifiers that are impure wherever they are used as a value. */
const IMPURE_WORDS: ReadonlySet<string> = new Set(
  (
    "process fetch console globalThis performance WebSocket XMLHttpRequest setTimeout setInterval setImmediate " +
    "queueMicrotask randomUUID randomBytes randomInt getRandomValues"
  ).split(" "),
);

/** Only the composition root and the providers named here read the environment. */
const ENVIRONMENT_READERS: readonly string[] = ["src/cli/", "src/host/environment.ts"];

/** Only the same files, the stores that own files, and the providers named here read and write files. */
const FILE_READERS: readonly string[] = [
  "src/cli/",
  "src/storage/",
  "src/secrets/key-file.ts",
  "src/oci/registry/certificates.ts",
  "src/host/docker-config-file.ts",
  "src/host/own-links.ts",
  "src/host/package-manifest.ts",
  "src/host/read-file.ts",
  "src/host/replace-file.ts",
  "src/host/system-process-identity.ts",
  "adapters/aws/client/ca-bundle.ts",
  "adapters/aws/client/chain-secrets.ts",
  "adapters/aws/client/shared-files.ts",
  "adapters/docker/client/endpoint-provider.ts",
  "adapters/docker/preflight/host-platforms.ts",
  "adapters/gce/client/credential-document.ts",
  "adapters/gce/client/credential-file.ts",
  "adapters/gce/client/credential-settings.ts",
];

/** The edges that read the clock and generate random values; everything else receives them. */
const CLOCK_READERS: readonly string[] = ["src/host/system-clock.ts", "src/storage/database.ts"];

const FILE_MODULES: ReadonlySet<string> = new Set(["node:fs", "node:fs/promises"]);

/** The helpers through which Slipway's own files read and write others. */
const FILE_HELPERS: readonly string[] = ["src/host/read-file.ts", "src/host/replace-file.ts"];

/**
 * Files that may open others with Node's own functions: those that only create them, and those that read files of the
 * kernel or of the package itself. Files that a user names are opened by `src/host/read-file.ts`.
 */
const OPENERS: readonly string[] = [
  ...FILE_HELPERS,
  "src/host/package-manifest.ts",
  "src/host/system-process-identity.ts",
  "src/secrets/key-file.ts",
  "src/storage/database-file.ts",
  "adapters/docker/preflight/host-platforms.ts",
];

/** Functions of Node that wait for a writer if the path leads to a pipe. */
const WAITING_WORDS: ReadonlySet<string> = new Set(
  "open openSync openAsBlob readFile readFileSync createReadStream".split(" "),
);

/** Every single file in the lists above. */
export const NAMED_READERS: readonly string[] = [
  ...ENVIRONMENT_READERS,
  ...FILE_READERS,
  ...CLOCK_READERS,
].filter((place) => !place.endsWith("/"));

/** The test kit consists of servers and simulations, which do I/O everywhere. */
const TEST_KIT = "testing/";

function fileWall(name: string, judge: (module: SourceModule) => string | null): Wall {
  return {
    name,
    breaches: (modules) =>
      [...modules.values()].flatMap((module) => {
        if (module.path.startsWith(TEST_KIT)) return [];
        const why = judge(module);
        return why === null ? [] : [`${module.path}: ${why}`];
      }),
  };
}

const environmentIsReadAtTheEdge = fileWall("the environment is read at the edge", (module) => {
  if (within(module.path, ENVIRONMENT_READERS)) return null;
  return readsEnvironment(module.tokens) ? "reads the environment, which is for src/cli" : null;
});

const filesAreReadAtTheEdge = fileWall("files are read at the edge", (module) => {
  if (within(module.path, FILE_READERS)) return null;
  const used = module.imports.find(
    ({ specifier, file, manner }) =>
      manner !== "type" && (FILE_MODULES.has(specifier ?? "") || FILE_HELPERS.includes(file ?? "")),
  );
  return used === undefined ? null : `imports ${used.specifier}, which is for the edges`;
});

const filesAreOpenedInOnePlace: Wall = {
  name: "files are opened in one place",
  breaches: (modules) =>
    [...modules.values()].flatMap(({ path, imports, tokens }) => {
      if (within(path, OPENERS)) return [];
      if (!imports.some(({ specifier }) => FILE_MODULES.has(specifier ?? ""))) return [];
      const word = tokens.find(({ kind, text }) => kind === "word" && WAITING_WORDS.has(text));
      return word === undefined
        ? []
        : [`${path}: uses ${word.text}, which may wait forever; src/host/read-file.ts does not`];
    }),
};

/** A listener of its own would wait forever for a peer that answers 101 unasked. */
const RESPONSE_AWAITER = "src/async/await-response.ts";
const LISTENING_WORDS: ReadonlySet<string> = new Set(["on", "once", "addListener"]);

const responsesAreAwaitedInOnePlace = fileWall("responses are awaited in one place", (module) => {
  if (module.path === RESPONSE_AWAITER) return null;
  const { tokens } = module;
  const listens = tokens.some(
    ({ kind, text }, index) =>
      kind === "string" &&
      text === "response" &&
      tokens[index - 1]?.text === "(" &&
      LISTENING_WORDS.has(tokens[index - 2]?.text ?? ""),
  );
  return listens ? `listens for a response, which is for ${RESPONSE_AWAITER}` : null;
});

const clockIsReadAtTheEdge = fileWall("the clock is read at the edge", (module) => {
  if (within(module.path, CLOCK_READERS)) return null;
  const read = clockRead(module.tokens);
  return read === null ? null : `uses ${read}, which the edges pass in`;
});

/** Modules that a pure file imports for their values must be pure too, transitively. */
const pureFilesOnlyDecide: Wall = {
  name: "pure files only decide",
  breaches: (modules) =>
    [...modules.keys()]
      .filter((path) => PURE_FILES.includes(path) || PURE_OF_ADAPTERS.test(path))
      .flatMap((path) =>
        reachable(modules, path).flatMap((module) => {
          const why = impurity(module);
          if (why === null) return [];
          return [
            module.path === path
              ? `${path}: ${why}`
              : `${path}: reaches ${module.path}, which ${why}`,
          ];
        }),
      ),
};

/** Walls that follow from the content of a file. */
export const purityWalls: readonly Wall[] = [
  environmentIsReadAtTheEdge,
  filesAreReadAtTheEdge,
  filesAreOpenedInOnePlace,
  responsesAreAwaitedInOnePlace,
  clockIsReadAtTheEdge,
  pureFilesOnlyDecide,
];

function reachable(modules: Modules, from: string): readonly SourceModule[] {
  const seen = new Set<SourceModule>();
  const visit = (path: string): void => {
    const module = modules.get(path);
    if (module === undefined || seen.has(module)) return;
    seen.add(module);
    for (const { file, manner } of module.imports)
      if (file !== null && manner !== "type") visit(file);
  };
  visit(from);
  return [...seen];
}

function impurity({ imports, tokens }: SourceModule): string | null {
  const acting = imports.find(
    ({ specifier, manner }) =>
      manner !== "type" &&
      (specifier === null || (isNodeModule(specifier) && !COMPUTING_MODULES.has(specifier))),
  );
  if (acting !== undefined) return `imports ${acting.specifier ?? "a computed name"}`;
  const read = clockRead(tokens);
  if (read !== null) return `uses ${read}`;
  const word = tokens.find(
    (token, index) => IMPURE_WORDS.has(token.text) && isValue(tokens, index),
  );
  return word === undefined ? null : `uses ${word.text}`;
}

/** A word used as a value: not a member of another value, a key of a literal, or the name of a parameter. */
function isValue(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 1]?.text ?? "";
  const behind = tokens[index + 1]?.text ?? "";
  return tokens[index]?.kind === "word" && before !== "." && before !== "?." && behind !== ":";
}

function clockRead(tokens: readonly Token[]): string | null {
  const sequences = [
    "Date . now",
    "new Date ( )",
    "new Date ;",
    "Math . random",
    "performance . now",
  ];
  return sequences.find((sequence) => hasSequence(tokens, sequence)) ?? null;
}

function readsEnvironment(tokens: readonly Token[]): boolean {
  const sequences = [
    "process . env",
    "process ?. env",
    "process [",
    "} = process ;",
    "import . meta . env",
  ];
  const isImported = tokens.some(
    ({ kind, text }, index) =>
      kind === "string" &&
      text === "node:process" &&
      tokens[index - 1]?.text === "from" &&
      tokens[index - 2]?.text === "}",
  );
  return isImported || sequences.some((sequence) => hasSequence(tokens, sequence));
}

function hasSequence(tokens: readonly Token[], sequence: string): boolean {
  const words = sequence.split(" ");
  return tokens.some((_token, start) =>
    words.every(
      (word, at) => tokens[start + at]?.kind !== "string" && tokens[start + at]?.text === word,
    ),
  );
}
