import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";

/** A package that is part of the bundle. */
interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** The license name in its manifest. */
  readonly license: string;
  /** The texts of its license and notice files. */
  readonly terms: string;
}

/** Folders within a package may have a manifest of their own, without a name. */
const manifestSchema = z.object({
  name: z.string().optional(),
  version: z.string().optional(),
  license: z.string().optional(),
});

/** Names of files with the terms of a package, or with notices that have to be passed on. */
const TERMS = /^(?:licen[cs]e|copying|notice)(?:[-.]|$)/i;
const README = /^readme(?:\.|$)/i;
/** The section of a readme that some packages have instead of such a file. */
const README_TERMS =
  /^(?:#+ *licen[cs]e.*\n|licen[cs]e\n[-=]{3,}\n)\s*([^]+?)(?=\n#|\n[^\n]+\n[-=]{3,}\n|$(?![^]))/im;

/**
 * The document that is shipped with the bundle: each text once, below the packages that it is for.
 *
 * @param files All that the bundle contains; those outside of `node_modules` are not third parties'.
 * @throws Error for a package whose manifest names no licence
 */
export function thirdPartyLicenses(files: readonly string[]): string {
  const folders = new Set(files.flatMap((file) => packageFolder(file) ?? []));
  // A package may be installed in two places.
  const packages = new Map([...folders].map(readPackage).map((one) => [titleOf(one), one]));
  const sorted = [...packages].toSorted(([one], [other]) => compare(one, other));
  const holders = Map.groupBy(sorted, ([, { terms }]) => terms);
  const sections = [...holders].map(
    ([terms, own]) => `${own.map(([title]) => title).join("\n")}\n\n${terms}\n`,
  );
  const head = "The slipway command contains these packages, each under its own licence.\n";
  return [head, ...sections].join(`\n${"-".repeat(80)}\n\n`);
}

function titleOf({ name, version, license }: BundledPackage): string {
  return `${name} ${version} (${license})`;
}

/** The folder of a file's package; null for a file of Slipway's own. */
function packageFolder(file: string): string | null {
  if (!file.includes("/node_modules/")) return null;
  let folder = dirname(file);
  while (!isPackage(folder)) folder = dirname(folder);
  return folder;
}

function isPackage(folder: string): boolean {
  if (!existsSync(join(folder, "package.json"))) return false;
  const { name, version } = readManifest(folder);
  return name !== undefined && version !== undefined;
}

function readPackage(folder: string): BundledPackage {
  const { name = "", version = "", license } = readManifest(folder);
  if (license === undefined) throw new Error(`${name} ${version} names no licence`);
  const texts = readTexts(folder, TERMS);
  const [readme = ""] = readTexts(folder, README);
  const section = README_TERMS.exec(readme)?.[1];
  const terms =
    texts.length > 0
      ? texts.join("\n\n")
      : (section ?? `Licence: ${license}. The package has no text of it.`);
  return { name, version, license, terms: terms.trim() };
}

function readTexts(folder: string, names: RegExp): readonly string[] {
  return readdirSync(folder)
    .filter((file) => names.test(file))
    .toSorted(compare)
    .map((file) => readFileSync(join(folder, file), "utf8").trim());
}

function readManifest(folder: string): z.infer<typeof manifestSchema> {
  return manifestSchema.parse(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")));
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
