import { adapterOf, importWall, packageOf, within } from "./imports.ts";
import type { Wall } from "./imports.ts";

/** What an adapter may know of Slipway: the contract, what it speaks of, and small pure leaves. */
const OPEN_TO_ADAPTERS: readonly string[] = [
  "src/substrate/",
  "src/redaction/",
  "src/plan/plan.ts",
  "src/errors.ts",
  "src/secret-value.ts",
  "src/async/cancellation.ts",
  "src/json/canonical-json.ts",
  "src/host/clock.ts",
  "src/async/map-limited.ts",
  "src/async/memoize.ts",
  "src/json/zod-options.ts",
  "src/async/single-flight.ts",
  "src/json/field-case.ts",
];

/** Each provider's own packages, and what of Slipway is open to its adapter alone. */
const ADAPTERS: Readonly<
  Record<string, { readonly sdk: readonly string[]; readonly open: readonly string[] }>
> = {
  aws: { sdk: ["@aws-sdk/", "@smithy/"], open: [] },
  gce: { sdk: ["@google-cloud/", "google-auth-library", "google-gax"], open: [] },
  docker: { sdk: ["dockerode", "docker-modem"], open: ["src/oci/"] },
};

/** Packages that are no provider's. Whatever is not here is taken for an SDK. */
const PACKAGES_OF_SRC: readonly string[] = ["@stricli/core", "p-retry", "yaml", "zod"];
/** What adapters read replies with. */
const PACKAGES_OF_ADAPTERS: readonly string[] = ["zod"];

const COMPOSERS: readonly string[] = ["src/cli/compose.ts", "src/slipway/open-adapter.ts"];

/** What other programs import. Inside, an import of it would be a cycle waiting to happen. */
const ENTRIES: ReadonlySet<string> = new Set(["src/index.ts", "testing/index.ts"]);

const adaptersLookOnlyAtTheContract = importWall(
  "adapters know the contract and their own SDK",
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

const srcKnowsNoProvider = importWall("src knows no provider", (module, imported) => {
  if (!module.path.startsWith("src/")) return null;
  if (imported.specifier === null) return "an import of src is literal";
  const name = packageOf(imported);
  if (name !== null && !within(name, PACKAGES_OF_SRC)) return "it is not one of src's packages";
  if (imported.file === null || adapterOf(imported.file) === null) return null;
  if (!COMPOSERS.includes(module.path)) return `only ${COMPOSERS.join(" and ")} load adapters`;
  return imported.manner === "static" ? "adapters are loaded lazily, by import()" : null;
});

const testingIsNotInTheProduct = importWall(
  "the product runs without its test kit",
  (module, imported) => {
    if (imported.file?.startsWith("testing/") !== true) return null;
    if (module.path.startsWith("testing/")) return null;
    if (!module.path.startsWith("src/cli/")) return "only the command line may load the test kit";
    return imported.manner === "static" ? "the test kit is loaded lazily, by import()" : null;
  },
);

const errorsImportNothing = importWall("errors.ts imports nothing", ({ path }) =>
  path === "src/errors.ts" ? "it is what everything else stands on" : null,
);

const nobodyImportsEntries = importWall("nothing inside imports an entry", (_module, { file }) =>
  file !== null && ENTRIES.has(file) ? "it is for programs outside" : null,
);

/** Each import leads to a file that is there: a wall around a file of another name would guard nothing. */
const importsLead: Wall = {
  name: "own imports lead to own files",
  breaches: (modules) =>
    importWall("", (_module, { file }) =>
      file === null || modules.has(file) || file.endsWith(".json") ? null : "there is no such file",
    ).breaches(modules),
};

const noCycles: Wall = {
  name: "no import comes back to where it began",
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

/** Walls that follow from who imports whom. */
export const importWalls: readonly Wall[] = [
  adaptersLookOnlyAtTheContract,
  srcKnowsNoProvider,
  testingIsNotInTheProduct,
  errorsImportNothing,
  nobodyImportsEntries,
  importsLead,
  noCycles,
];
