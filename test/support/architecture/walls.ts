import { adapterOf, importWall, packageOf, within } from "./imports.ts";
import type { Wall } from "./imports.ts";

/**
 * The layers of src, from the top: a folder imports only folders of lower layers. Two folders of one layer do not know
 * each other.
 */
export const LAYERS: readonly (readonly string[])[] = [
  ["cli", "index.ts"],
  ["slipway"],
  ["resolver", "spawner"],
  ["ledger", "catalog", "boot"],
  ["secrets", "substrate"],
  ["oci", "plan"],
  ["async", "proxy"],
  ["storage", "pacing", "json", "redaction"],
  ["errors.ts", "secret-value.ts", "host"],
];

/** The only files directly in src. */
const LOOSE_FILES: ReadonlySet<string> = new Set([
  "src/index.ts",
  "src/errors.ts",
  "src/secret-value.ts",
]);

/** What adapters may import from src: the contract, the plan, and the layers below them. */
const OPEN_TO_ADAPTERS: readonly string[] = [
  "src/substrate/",
  "src/plan/",
  "src/async/",
  "src/proxy/",
  "src/pacing/rates.ts",
  "src/json/",
  "src/redaction/",
  "src/errors.ts",
  "src/secret-value.ts",
  "src/host/",
];

/** Each provider's own packages, and what only its adapter may import from src. */
const ADAPTERS: Readonly<
  Record<string, { readonly sdk: readonly string[]; readonly open: readonly string[] }>
> = {
  aws: { sdk: ["@aws-sdk/", "@smithy/"], open: [] },
  gce: { sdk: ["@google-cloud/", "google-auth-library", "google-gax"], open: [] },
  docker: { sdk: ["dockerode", "docker-modem"], open: ["src/oci/"] },
};

/** The folders of every adapter, and the files that each adapter has under the same name. */
export const ADAPTER_FILES: readonly string[] = [
  "adapter.ts",
  "diagnosis.ts",
  "index.ts",
  "labels.ts",
  "machine.ts",
  "settings.ts",
  "client/api.ts",
  "errors/error-rules.ts",
  "errors/errors.ts",
  "image/image.ts",
  "launch/launch-request.ts",
  "launch/launch.ts",
  "machines/describe.ts",
  "machines/logs.ts",
  "machines/terminate.ts",
  "preflight/preflight.ts",
];

/** The only files directly in an adapter's folder. The Docker adapter needs no `target.ts`. */
const LOOSE_ADAPTER_FILES: ReadonlySet<string> = new Set([
  ...ADAPTER_FILES.filter((file) => !file.includes("/")),
  "target.ts",
]);

const ADAPTER_FOLDERS: ReadonlySet<string> = new Set(
  ADAPTER_FILES.filter((file) => file.includes("/")).map((file) => file.split("/")[0] ?? ""),
);

/** Packages that belong to no provider. The test takes any other package for an SDK. */
const PACKAGES_OF_SRC: readonly string[] = [
  "@jmespath-community/jmespath",
  "@stricli/core",
  "diff",
  "fastest-levenshtein",
  "p-retry",
  "yaml",
  "zod",
];
/** What adapters parse replies with. */
const PACKAGES_OF_ADAPTERS: readonly string[] = ["zod"];

/** The file that loads adapters. */
const ADAPTER_OPENER = "src/slipway/open-adapter.ts";
/** The command that starts the fakes. */
const FAKE_COMMAND = "src/cli/commands/fake.ts";

/** What other programs import. An import of one from inside would soon be a cycle. */
const ENTRIES: ReadonlySet<string> = new Set(["src/index.ts", "testing/index.ts"]);

const importsPointDown = importWall(
  "each layer of src imports only lower layers",
  (module, imported) => {
    const from = folderOf(module.path);
    const to = imported.file === null ? null : folderOf(imported.file);
    if (from === null || to === null || from === to) return null;
    const [above, below] = [layerOf(from), layerOf(to)];
    // The wall below reports a folder without a layer.
    if (above === null || below === null || above < below) return null;
    return above === below ? `${to} is on the same layer as ${from}` : `${to} is above ${from}`;
  },
);

const foldersHaveALayer: Wall = {
  name: "every folder of src has a layer, and no other file lies loose in src",
  breaches: (modules) =>
    [...modules.keys()].flatMap((path) => {
      const folder = folderOf(path);
      if (folder === null) return [];
      if (!folder.includes(".")) return layerOf(folder) === null ? [`${path}: no layer`] : [];
      return LOOSE_FILES.has(path) ? [] : [`${path}: a loose file in src`];
    }),
};

const adaptersLookAlike: Wall = {
  name: "adapters have the same folders and files",
  breaches: (modules) => {
    const paths = [...modules.keys()];
    const adapters = new Set(paths.flatMap((path) => adapterOf(path) ?? []));
    const missing = [...adapters].flatMap((adapter) =>
      ADAPTER_FILES.map((file) => `adapters/${adapter}/${file}`)
        .filter((path) => !modules.has(path))
        .map((path) => `${path}: is missing`),
    );
    const strange = paths.flatMap((path) => {
      const [place = "", ...rest] = path.split("/").slice(2);
      if (adapterOf(path) === null) return [];
      const known = rest.length === 0 ? LOOSE_ADAPTER_FILES : ADAPTER_FOLDERS;
      return known.has(place) ? [] : [`${path}: adapters have no ${place}`];
    });
    return [...missing, ...strange];
  },
};

const adaptersLookOnlyAtTheContract = importWall(
  "adapters import the contract and their own SDK",
  (module, imported) => {
    const adapter = adapterOf(module.path);
    if (adapter === null) return null;
    const own = ADAPTERS[adapter] ?? { sdk: [], open: [] };
    const { file } = imported;
    if (imported.specifier === null) return "an adapter's imports are literal";
    if (file !== null) {
      if (adapterOf(file) === adapter || within(file, [...OPEN_TO_ADAPTERS, ...own.open]))
        return null;
      return adapterOf(file) === null ? "it is not open to this adapter" : "it is another adapter";
    }
    const name = packageOf(imported);
    const known = [...own.sdk, ...PACKAGES_OF_ADAPTERS];
    return name === null || within(name, known) ? null : "it is not this adapter's SDK";
  },
);

const clientsDoNotLaunch = importWall(
  "an adapter's client does not import its launch",
  (module, { file }) => {
    const adapter = adapterOf(module.path);
    if (adapter === null || !module.path.startsWith(`adapters/${adapter}/client/`)) return null;
    return file?.startsWith(`adapters/${adapter}/launch/`) === true
      ? "the launch is built on the client"
      : null;
  },
);

const srcKnowsNoProvider = importWall("src imports no provider", (module, imported) => {
  if (!module.path.startsWith("src/")) return null;
  if (imported.specifier === null) return "an import of src is literal";
  const name = packageOf(imported);
  if (name !== null && !within(name, PACKAGES_OF_SRC)) return "it is not one of src's packages";
  if (imported.file === null || adapterOf(imported.file) === null) return null;
  if (module.path !== ADAPTER_OPENER) return `only ${ADAPTER_OPENER} loads adapters`;
  return imported.manner === "static" ? "adapters are loaded lazily, by import()" : null;
});

const testingIsNotInTheProduct = importWall(
  "only the fake command loads testing, lazily",
  (module, imported) => {
    if (imported.file?.startsWith("testing/") !== true) return null;
    if (module.path.startsWith("testing/")) return null;
    if (module.path !== FAKE_COMMAND) return `only ${FAKE_COMMAND} may load testing`;
    return imported.manner === "static" ? "testing is loaded lazily, by import()" : null;
  },
);

const errorsImportNothing = importWall("errors.ts imports nothing", ({ path }) =>
  path === "src/errors.ts" ? "every other file builds on it" : null,
);

const entriesAreForOtherPrograms = importWall(
  "nothing inside imports an entry",
  (_module, { file }) => (file !== null && ENTRIES.has(file) ? "it is for programs outside" : null),
);

/** Every import names an existing file. Otherwise a wall around a renamed file would guard nothing. */
const importsLead: Wall = {
  name: "own imports lead to own files",
  breaches: (modules) =>
    importWall("", (_module, { file }) =>
      file === null || modules.has(file) || file.endsWith(".json") ? null : "there is no such file",
    ).breaches(modules),
};

const noCycles: Wall = {
  name: "no import cycles",
  breaches: (modules) => {
    const done = new Set<string>();
    const found: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) {
        found.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
        return;
      }
      if (done.has(path)) return;
      for (const { file } of modules.get(path)?.imports ?? [])
        if (file !== null) visit(file, [...trail, path]);
      done.add(path);
    };
    for (const path of modules.keys()) visit(path, []);
    return [...new Set(found)];
  },
};

/** Walls about which file imports which. */
export const importWalls: readonly Wall[] = [
  importsPointDown,
  clientsDoNotLaunch,
  adaptersLookOnlyAtTheContract,
  srcKnowsNoProvider,
  testingIsNotInTheProduct,
  errorsImportNothing,
  entriesAreForOtherPrograms,
  importsLead,
  noCycles,
];

/** Walls about where files lie. */
export const layoutWalls: readonly Wall[] = [foldersHaveALayer, adaptersLookAlike];

/** `spawner` for a file in src/spawner, `errors.ts` for src/errors.ts, null for a file outside src. */
function folderOf(path: string): string | null {
  const [top, folder] = path.split("/");
  return top === "src" ? (folder ?? null) : null;
}

/** 0 is the top layer; null for a folder that has none. */
function layerOf(folder: string): number | null {
  const layer = LAYERS.findIndex((folders) => folders.includes(folder));
  return layer === -1 ? null : layer;
}
