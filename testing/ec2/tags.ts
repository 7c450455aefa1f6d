import { Ec2Failure, invalidValue } from "./failure.ts";
import type { TagParameters, TagSpecifications } from "./parameters.ts";
import type { Tags } from "./records.ts";
import type { XmlValue } from "./xml.ts";

const MAXIMUM_TAGS = 50;
/** Keys that the metadata service of a machine can serve. */
const METADATA_KEY = /^[0-9a-zA-Z\-_+=,.@:]{1,255}$/;
const METADATA_RESERVED: ReadonlySet<string> = new Set([".", "..", "_index"]);

/** The tags of a request, validated by EC2's rules for keys and values. */
export function readTags(parameters: TagParameters): Tags {
  const seen = new Set<string>();
  return parameters.map(({ Key: key, Value }) => {
    const value = Value ?? "";
    if (seen.has(key)) throw invalidValue(`Duplicate tag key '${key}' specified.`);
    seen.add(key);
    if (key.toLowerCase().startsWith("aws:"))
      throw invalidValue(
        `Value ( ${key} ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal use`,
      );
    if (key.length > 128)
      throw invalidValue(`Tag key exceeds the maximum length of 128 characters`);
    if (value.length > 256)
      throw invalidValue(`Tag value exceeds the maximum length of 256 characters`);
    if (hasControlCharacter(key) || hasControlCharacter(value))
      throw invalidValue("Tags must not contain control characters");
    return { key, value };
  });
}

/** The old tags, overwritten by the new ones. @throws Ec2Failure `TagLimitExceeded` */
export function mergeTags(old: Tags, laid: Tags): Tags {
  const keys = new Set(laid.map(({ key }) => key));
  const merged = [...old.filter(({ key }) => !keys.has(key)), ...laid];
  if (merged.length > MAXIMUM_TAGS)
    throw new Ec2Failure("TagLimitExceeded", `More than ${MAXIMUM_TAGS} tags specified in request`);
  return merged;
}

/** The tags that a call sets on new resources, by resource type. Types that the call does not create are rejected. */
export function tagsAtCreation(
  specifications: TagSpecifications,
  known: readonly string[],
): (resourceType: string) => Tags {
  const byType = new Map<string, Tags>();
  for (const { ResourceType, Tag } of specifications) {
    if (ResourceType === null)
      throw invalidValue("Tag specification resource type must have a value");
    if (!known.includes(ResourceType))
      throw invalidValue(
        `'${ResourceType}' is not a valid taggable resource type for this operation.`,
      );
    if (byType.has(ResourceType))
      throw invalidValue(`Duplicate resource type '${ResourceType}' found in tag specifications.`);
    if (Tag.length === 0) throw invalidValue("Tag specification must have at least one tag");
    byType.set(ResourceType, mergeTags([], readTags(Tag)));
  }
  return (resourceType) => [...(byType.get(resourceType) ?? [])];
}

/** With tags in the instance metadata, tag keys become path elements and must fit there. */
export function requireMetadataKeys(tags: Tags): void {
  for (const { key } of tags)
    if (!METADATA_KEY.test(key) || METADATA_RESERVED.has(key))
      throw invalidValue(
        `'${key}' is not a valid tag key. Tag keys must match pattern ([0-9a-zA-Z\\-_+=,.@:]{1,255}), and must not be a reserved name ('.', '..', '_index')`,
      );
}

export function tagSet(tags: Tags): XmlValue {
  return tags.length === 0 ? null : tags.map(({ key, value }) => ({ key, value }));
}

function hasControlCharacter(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) < 0x20) return true;
  return false;
}
