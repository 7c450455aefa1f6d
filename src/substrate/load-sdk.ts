import { findPackageJSON } from "node:module";
import { memoizeAsync } from "../async/memoize.ts";
import { SlipwayError } from "../errors.ts";
import { errorCode } from "../host/error-code.ts";

export interface SdkPackages {
  /** The substrate's name, as the subject of a sentence: `EC2`. */
  readonly provider: string;
  /** Package names on npm: optional peer dependencies of Slipway. */
  readonly packages: readonly string[];
}

/**
 * Loads a provider's SDK on the first call and keeps it. The library does not install the SDKs: a program that uses
 * one substrate needs only that substrate's packages.
 *
 * @param load imports the SDK
 * @returns a function that throws `PACKAGE_NOT_INSTALLED` if one of the packages is missing, and any other loading
 * error unchanged
 */
export function sdkLoader<Sdk>(sdk: SdkPackages, load: () => Promise<Sdk>): () => Promise<Sdk> {
  return memoizeAsync(async () => {
    try {
      return await load();
    } catch (caught) {
      // The error names the missing module only in its message, and that module may be one of the SDK's own
      // dependencies.
      const missing = errorCode(caught) === NOT_FOUND ? sdk.packages.filter(isMissing) : [];
      throw missing.length === 0 ? caught : notInstalled(sdk, missing);
    }
  });
}

const NOT_FOUND = "ERR_MODULE_NOT_FOUND";

function isMissing(name: string): boolean {
  try {
    findPackageJSON(name, import.meta.url);
    return false;
  } catch (caught) {
    if (errorCode(caught) === NOT_FOUND) return true;
    throw caught;
  }
}

function notInstalled({ provider, packages }: SdkPackages, missing: readonly string[]) {
  const [subject, verb] = missing.length === 1 ? ["package", "is"] : ["packages", "are"];
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "PACKAGE_NOT_INSTALLED",
    message: `${provider} needs the ${subject} ${missing.join(", ")}, which ${verb} not installed`,
    remedy: `Install them next to slipway: npm install ${packages.join(" ")}`,
    blastRadius: "account",
    metadata: { packages: [...missing] },
  });
}
