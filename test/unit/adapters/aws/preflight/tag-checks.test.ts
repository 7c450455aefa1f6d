import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tagCheck } from "../../../../../adapters/aws/preflight/tag-checks.ts";

it.each([
  ["team", "red"],
  ["cost-center", ""],
  ["a.b:c@d=e+f,g_h", "anything / at all"],
  ["k".repeat(128), "v".repeat(256)],
  ["key", "💜".repeat(256)],
])("EC2 accepts the tag %s", (key, value) => {
  expect(tagCheck({ tags: { [key]: value } }).outcome).toBe("passed");
});

it.each([
  ["with space", "", /"with space" cannot be a key/],
  ["a/b", "", /"a\/b" cannot be a key/],
  ["", "", /a key is empty/],
  [".", "", /cannot be a key/],
  ["..", "", /cannot be a key/],
  ["_index", "", /cannot be a key/],
  ["ключ", "", /cannot be a key/],
  ["AWS:team", "", /AWS's reserved prefix/],
  ["k".repeat(129), "", /more than 128/],
  ["key", "v".repeat(257), /value of "key" has more than 256/],
  ["key", "a\nb", /control characters/],
])("EC2 refuses the tag %j", (key, value, message) => {
  const check = tagCheck({ tags: { [key]: value, good: "yes" } });
  expect(check).toMatchObject({ outcome: "failed", reason: "TAG_INVALID" });
  expect(check.message).toMatch(message);
  expect(check.metadata).toEqual({ keys: [key] });
});

describe("without tags in the instance metadata", () => {
  const metadataOptions = { instanceMetadataTags: "disabled" } as const;

  it.each(["Patch Group", "k8s.io/cluster-autoscaler/enabled", ".", "_index", "ключ"])(
    "EC2 accepts the key %s",
    (key) => {
      expect(tagCheck({ tags: { [key]: "" }, metadataOptions }).outcome).toBe("passed");
      const shown = { instanceMetadataTags: "enabled" } as const;
      const check = tagCheck({ tags: { [key]: "" }, metadataOptions: shown });
      expect(check.outcome).toBe("failed");
      expect(check.remedy).toContain("set metadata_options.instance_metadata_tags: disabled");
    },
  );

  it.each(["", "aws:name", "a\nb", "k".repeat(129)])("EC2 refuses the key %j", (key) => {
    const check = tagCheck({ tags: { [key]: "" }, metadataOptions });
    expect(check).toMatchObject({ reason: "TAG_INVALID", metadata: { keys: [key] } });
    expect(check.remedy).not.toContain("metadata_options");
  });
});

it("EC2 accepts 50 tags including Slipway's own", () => {
  const tags = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, ""]));
  expect(tagCheck({ tags: tags(44) }).outcome).toBe("passed");
  expect(tagCheck({ tags: tags(45) }).outcome).toBe("failed");
  const keepVolumes = true;
  expect(tagCheck({ tags: tags(43), keepVolumes }).outcome).toBe("passed");
  expect(tagCheck({ tags: tags(44), keepVolumes }).outcome).toBe("failed");
});

it("an accepted key is a valid path segment", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 20 }), (key) => {
      const isPart =
        encodeURIComponent(key).replaceAll(/%(?:2B|2C|3D|3A|40)/g, "_") ===
        key.replaceAll(/[+,=:@]/g, "_");
      expect(isPart || tagCheck({ tags: { [key]: "" } }).outcome === "failed").toBe(true);
    }),
  );
});
