import { hasTagsInMetadata, isMetadataTagKey } from "../../../src/plan/instance.ts";
import type { AwsTarget, Check } from "../../../src/plan/plan.ts";
import { failed, passed } from "../../../src/substrate/check.ts";
import { MAX_TAGS, TAGS } from "../labels.ts";

/** "Tag restrictions" of EC2, in Unicode characters. */
const LONGEST_KEY = 128;
const LONGEST_VALUE = 256;

/** Checks the placement's tags against EC2's rules, because one invalid key would fail every launch. */
export function tagCheck(
  target: Pick<AwsTarget, "keepVolumes" | "metadataOptions" | "tags">,
): Check {
  const { tags, keepVolumes } = target;
  const inMetadata = hasTagsInMetadata(target);
  const faultOf = (key: string, value: string) => tagFault(key, value, inMetadata);
  // Volumes that are kept have one tag more.
  const most = MAX_TAGS - Object.keys(TAGS).length - (keepVolumes === true ? 1 : 0);
  const faults = [
    ...Object.entries(tags).flatMap(([key, value]) => faultOf(key, value) ?? []),
    ...(Object.keys(tags).length > most
      ? [`there are more than ${most}, the number that Slipway's own tags leave room for`]
      : []),
  ];
  if (faults.length === 0) return passed("tags.allowed", "EC2 accepts the placement's tags");
  return failed("tags.allowed", {
    code: "FAILED_PRECONDITION",
    reason: "TAG_INVALID",
    message: `tags of the placement: ${faults.join("; ")}`,
    remedy: inMetadata
      ? "Use keys of letters, digits and -+=._,:@ without spaces or slashes (or set metadata_options.instance_metadata_tags: disabled), and values within EC2's limits."
      : "Use keys and values within EC2's limits.",
    metadata: { keys: Object.keys(tags).filter((key) => faultOf(key, tags[key] ?? "") !== null) },
  });
}

function tagFault(key: string, value: string, inMetadata: boolean): string | null {
  const name = JSON.stringify(key);
  if (key === "") return "a key is empty";
  if (key.length > LONGEST_KEY) return `${name} has more than ${LONGEST_KEY} characters`;
  if (/\p{Cc}/u.test(key)) return `the key ${name} has control characters`;
  if (inMetadata && !isMetadataTagKey(key))
    return `${name} cannot be a key in the instance metadata`;
  if (key.toLowerCase().startsWith("aws:")) return `${name} begins with AWS's reserved prefix`;
  if (Array.from(value).length > LONGEST_VALUE)
    return `the value of ${name} has more than ${LONGEST_VALUE} characters`;
  if (/\p{Cc}/u.test(value)) return `the value of ${name} has control characters`;
  return null;
}
