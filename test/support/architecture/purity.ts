import { isNodeModule, within } from "./imports.ts";
import type { Wall } from "./imports.ts";
import type { Modules, SourceModule } from "./read-module.ts";
import type { Token } from "./tokens.ts";

/** Files that decide and do nothing else: no I/O, no clock, no chance, no environment. */
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
/** The same of every adapter: it builds the request, and somebody else sends it. */
const PURE_OF_ADAPTERS = /^adapters\/[^/]+\/launch\/launch-request\.ts$/;

/** Node's modules that only compute. Of `node:crypto` that is the hash: what draws lots is an impure word. */
const COMPUTING_MODULES: ReadonlySet<string> = new Set(["node:buffer", "node:crypto", "node:util"]);

/** Words that reach outside wherever they stand as a value. */
const IMPURE_WORDS: ReadonlySet<string> = new Set(
  (
    "process fetch console globalThis performance WebSocket XMLHttpRequest setTimeout setInterval setImmediate " +
    "queueMicrotask randomUUID randomBytes randomInt getRandomValues"
  ).split(" "),
);

/** The environment is read where the product is put together, and by providers named here. */
const ENVIRONMENT_READERS: readonly string[] = ["src/cli/", "src/host/environment.ts"];

/** Files are read and written by the same, by the store whose file it is, and by the providers named here. */
const FILE_READERS: readonly string[] = [
  "src/cli/",
  "src/storage/",
  "src/secrets/docker-config-provider.ts",
  "src/secrets/key-file.ts",
  "src/oci/registry/certificates.ts",
  "src/host/read-file.ts",
  "src/host/replace-file.ts",
  "src/host/system-process-identity.ts",
  "adapters/aws/client/chain-secrets.ts",
  "adapters/aws/client/shared-files.ts",
  "adapters/docker/client/endpoint-provider.ts",
  "adapters/docker/preflight/host-platforms.ts",
  "adapters/gce/client/credential-file.ts",
];

/** Where the clock is read and lots are drawn: edges that others are handed. */
const CLOCK_READERS: readonly string[] = [
  "src/host/system-clock.ts",
  "src/host/system-clock.ts",
  "src/storage/database.ts",
];

const FILE_MODULES: ReadonlySet<string> = new Set(["node:fs", "node:fs/promises"]);

/** How Slipway's own files read and write others. */
const FILE_HELPERS: readonly string[] = ["src/host/read-file.ts", "src/host/replace-file.ts"];

/**
 * Files that may open others in the ordinary way: those that only create them, and those that read what the kernel or
 * the package itself holds. A file that a person names is opened by `src/host/read-file.ts`.
 */
const OPENERS: readonly string[] = [
  ...FILE_HELPERS,
  "src/cli/help/version.ts",
  "src/host/system-process-identity.ts",
  "src/secrets/key-file.ts",
  "src/storage/database-file.ts",
  "adapters/docker/preflight/host-platforms.ts",
];

/** Functions of Node that wait for a writer where the name leads to a pipe. */
const WAITING_WORDS: ReadonlySet<string> = new Set(
  "open openSync openAsBlob readFile readFileSync createReadStream".split(" "),
);

/** Every single file that a list above names. */
export const NAMED_READERS: readonly string[] = [
  ...ENVIRONMENT_READERS,
  ...FILE_READERS,
  ...CLOCK_READERS,
].filter((place) => !place.endsWith("/"));

/** The test kit is servers and simulations: it has edges of its own everywhere. */
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
        : [`${path}: says ${word.text}, which may wait for ever: src/host/read-file.ts does not`];
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
  return read === null ? null : `says ${read}, which is handed in by the edges`;
});

/** What a pure file imports for its values has to be pure too, however far away. */
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

/** Walls that follow from what a file says. */
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
  if (read !== null) return `says ${read}`;
  const word = tokens.find(
    (token, index) => IMPURE_WORDS.has(token.text) && isValue(tokens, index),
  );
  return word === undefined ? null : `says ${word.text}`;
}

/** A word that stands for a value: no member of something else, no key of a literal, no name of a parameter. */
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
  return sequences.find((sequence) => says(tokens, sequence)) ?? null;
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
  return isImported || sequences.some((sequence) => says(tokens, sequence));
}

function says(tokens: readonly Token[], sequence: string): boolean {
  const words = sequence.split(" ");
  return tokens.some((_token, start) =>
    words.every(
      (word, at) => tokens[start + at]?.kind !== "string" && tokens[start + at]?.text === word,
    ),
  );
}
