import { asSlipwayError } from "../../errors.ts";
import type { Check } from "../../plan/plan.ts";
import type { KeySource } from "../../secrets/key-source.ts";
import type { SecretStore } from "../../secrets/sealed-store.ts";
import type { DatabaseInspection } from "../../storage/inspect-database.ts";
import { failed, failedBy, passed, skipped, warning } from "../../substrate/check.ts";

const DATABASE = "database";
const KEY = "key";

/** The least space that a database needs to grow for a while, in bytes. */
const LEAST_SPACE = 100 * 1024 ** 2;
const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB"];

/** The findings about an inspected database; the first one is the database itself. */
export function databaseChecks(inspection: DatabaseInspection): readonly Check[] {
  const { readOnly, warnings } = inspection;
  return [
    readOnly === null ? stateCheck(inspection) : failedBy(DATABASE, readOnly),
    ...spaceChecks(inspection),
    ...warnings.map((one) => warning(DATABASE, one)),
  ];
}

function stateCheck({ path, versions, isCurrent, journalMode }: DatabaseInspection): Check {
  if (versions === null)
    return warning(DATABASE, {
      message: `database ${path} does not exist yet`,
      remedy:
        "The first command that uses it creates it. If you have one, name it with --database.",
    });
  if (versions.size === 0)
    return warning(DATABASE, {
      message: `database ${path} has no tables of Slipway`,
      remedy: "The next command creates them. If that is another program's file, name your own.",
    });
  const schema = [...versions].map(([component, version]) => `${component} ${version}`).join(", ");
  if (!isCurrent)
    return warning(DATABASE, {
      message: `database ${path} was written by an older Slipway (schema: ${schema})`,
      remedy: "The next command updates it, and the older Slipway can no longer use it then.",
    });
  const log = journalMode === "wal" ? "write-ahead log" : `journal mode ${journalMode}`;
  return passed(DATABASE, `${path}: schema ${schema}; ${log}`);
}

function spaceChecks({ path, freeBytes }: DatabaseInspection): readonly Check[] {
  if (freeBytes >= LEAST_SPACE) return [];
  const message = `the file system of database ${path} has ${sizeOf(freeBytes)} left`;
  const remedy = "Free space there: a full disk stops every write.";
  return [
    warning(DATABASE, { code: "RESOURCE_EXHAUSTED", reason: "STORAGE_FULL", message, remedy }),
  ];
}

function sizeOf(bytes: number): string {
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), UNITS.length - 1);
  return `${Math.floor(bytes / 1024 ** power)} ${UNITS[power]}`;
}

/** The secrets of a tenant. */
export interface SealedRecords {
  readonly tenant: string;
  readonly secrets: readonly { readonly name: string }[];
  /** The ids of the keys that seal the secrets of all tenants. */
  readonly sealingKeys: readonly string[];
}

export interface KeyQuestion {
  readonly keys: KeySource;
  readonly secrets: SecretStore;
  /** Null if the database cannot be read. */
  readonly records: SealedRecords | null;
}

/** Whether the key exists, is this user's alone, and opens every secret of the tenant. */
export async function keyChecks({
  keys,
  secrets,
  records,
}: KeyQuestion): Promise<readonly Check[]> {
  const { description } = keys;
  const key = await keys.load();
  if (records === null) {
    if (key === null)
      return [skipped(KEY, `${description} does not exist, and no secret was read`)];
    return [passed(KEY, `${description} can be read`)];
  }
  const { tenant, sealingKeys, secrets: sealed } = records;
  const opened = await Promise.allSettled(sealed.map(({ name }) => secrets.get(tenant, name)));
  const errors = opened.flatMap((one): readonly unknown[] =>
    one.status === "rejected" ? [one.reason] : [],
  );
  const [first] = errors;
  if (first !== undefined) {
    const count = sealed.length === 1 ? "" : `${errors.length} of ${sealed.length} secrets: `;
    return [failedBy(KEY, asSlipwayError(first), count)];
  }
  if (key !== null) return [passed(KEY, `${description} opens all secrets (${sealed.length})`)];
  if (sealingKeys.length > 0) return [missingKey(keys, sealingKeys)];
  return [passed(KEY, `${description} does not exist yet; the first secret creates it`)];
}

/** The key of other tenants' secrets. */
function missingKey({ description, choose }: KeySource, ids: readonly string[]): Check {
  return failed(KEY, {
    code: "FAILED_PRECONDITION",
    reason: "SECRET_KEY_MISSING",
    message: `${description} does not exist, and secrets of other tenants are sealed with key ${ids.join(", ")}`,
    remedy: `${choose}, or restore it from a copy.`,
  });
}
