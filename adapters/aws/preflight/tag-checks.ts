import type { Check } from "../../../src/plan/plan.ts";
import { failed, passed } from "../../../src/substrate/check.ts";
import { TAGS } from "../labels.ts";

/**
 * Machines read their tags in the instance metadata, where a key is a part of a path: "letters, digits and - + = . , _ :
 * @; no spaces or /, and not only . or .. or _index" (Amazon EC2, view tags using instance metadata).
 */
const METADATA_KEY = /^[-0-9a-zA-Z_+=,.@:]+$/;
const RESERVED: ReadonlySet<string> = new Set([".", "..", "_index"]);
/** "Tag restrictions" of EC2, in characters of Unicode. */
const LONGEST_KEY = 128;
const LONGEST_VALUE = 256;
const MOST_TAGS = 50;
const MOST_OWN_TAGS = MOST_TAGS - Object.keys(TAGS).length;

/** Holds the placement's tags to EC2's rules: one wrong key would fail every launch. */
export function tagCheck(tags: Readonly<Record<string, string>>): Check {
  const faults = [
    ...Object.entries(tags).flatMap(([key, value]) => tagFault(key, value) ?? []),
    ...(Object.keys(tags).length > MOST_OWN_TAGS
      ? [`there are more than ${MOST_OWN_TAGS}, which is what Slipway's own leave room for`]
      : []),
  ];
  if (faults.length === 0) return passed("tags.allowed", "EC2 takes the placement's tags");
  return failed("tags.allowed", {
    code: "FAILED_PRECONDITION",
    reason: "TAG_INVALID",
    message: `tags of the placement: ${faults.join("; ")}`,
    remedy: "Rename them: keys of letters, digits and -+=._,:@ without spaces or slashes.",
    metadata: { keys: Object.keys(tags).filter((key) => tagFault(key, tags[key] ?? "") !== null) },
  });
}

function tagFault(key: string, value: string): string | null {
  const name = JSON.stringify(key);
  if (key.length > LONGEST_KEY) return `${name} has more than ${LONGEST_KEY} characters`;
  if (!METADATA_KEY.test(key) || RESERVED.has(key))
    return `${name} cannot be a key in the instance metadata`;
  if (key.toLowerCase().startsWith("aws:")) return `${name} begins with AWS's own prefix`;
  if (Array.from(value).length > LONGEST_VALUE)
    return `the value of ${name} has more than ${LONGEST_VALUE} characters`;
  if (/\p{Cc}/u.test(value)) return `the value of ${name} has control characters`;
  return null;
}
