import type { AwsTarget, Check } from "../../../src/plan/plan.ts";
import { failed, passed } from "../../../src/substrate/check.ts";
import { MAX_TAGS, TAGS } from "../labels.ts";

/**
 * Machines read their tags from the instance metadata, where a key is part of a path. It may have letters, digits and
 * `- + = . , _ : @`, but no spaces or `/`, and may not be `.`, `..` or `_index` ("View tags for your EC2 instances using
 * instance metadata").
 */
const METADATA_KEY = /^[-0-9a-zA-Z_+=,.@:]+$/;
const RESERVED: ReadonlySet<string> = new Set([".", "..", "_index"]);
/** "Tag restrictions" of EC2, in Unicode characters. */
const LONGEST_KEY = 128;
const LONGEST_VALUE = 256;

/** Checks the placement's tags against EC2's rules, because one invalid key would fail every launch. */
export function tagCheck({ tags, keepVolumes }: Pick<AwsTarget, "keepVolumes" | "tags">): Check {
  // Volumes that are kept have one tag more.
  const most = MAX_TAGS - Object.keys(TAGS).length - (keepVolumes === true ? 1 : 0);
  const faults = [
    ...Object.entries(tags).flatMap(([key, value]) => tagFault(key, value) ?? []),
    ...(Object.keys(tags).length > most
      ? [`there are more than ${most}, the number that Slipway's own tags leave room for`]
      : []),
  ];
  if (faults.length === 0) return passed("tags.allowed", "EC2 accepts the placement's tags");
  return failed("tags.allowed", {
    code: "FAILED_PRECONDITION",
    reason: "TAG_INVALID",
    message: `tags of the placement: ${faults.join("; ")}`,
    remedy:
      "Use keys of letters, digits and -+=._,:@ without spaces or slashes, and values within EC2's limits.",
    metadata: { keys: Object.keys(tags).filter((key) => tagFault(key, tags[key] ?? "") !== null) },
  });
}

function tagFault(key: string, value: string): string | null {
  const name = JSON.stringify(key);
  if (key.length > LONGEST_KEY) return `${name} has more than ${LONGEST_KEY} characters`;
  if (!METADATA_KEY.test(key) || RESERVED.has(key))
    return `${name} cannot be a key in the instance metadata`;
  if (key.toLowerCase().startsWith("aws:")) return `${name} begins with AWS's reserved prefix`;
  if (Array.from(value).length > LONGEST_VALUE)
    return `the value of ${name} has more than ${LONGEST_VALUE} characters`;
  if (/\p{Cc}/u.test(value)) return `the value of ${name} has control characters`;
  return null;
}
