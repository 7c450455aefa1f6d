import { mutation, reading } from "../action.ts";
import { addKeyPair, findKeyPair, requireKeyPair } from "../key-pairs.ts";
import { timestamp } from "../lifecycle.ts";
import { list, required, TAG_SPECIFICATIONS, text } from "../parameters.ts";
import type { KeyPair } from "../records.ts";
import { tagSet, tagsAtCreation } from "../tags.ts";
import type { XmlFields } from "../xml.ts";

export const importKeyPair = mutation(
  {
    KeyName: required(text),
    /** Base64 of the line. */
    PublicKeyMaterial: required(text),
    TagSpecification: TAG_SPECIFICATIONS,
  },
  {
    name: "ImportKeyPair",
    prepare({ world, region, account, now }, { KeyName, PublicKeyMaterial, TagSpecification }) {
      const tags = tagsAtCreation(TagSpecification, ["key-pair"])("key-pair");
      const publicKey = Buffer.from(PublicKeyMaterial, "base64").toString("utf8");
      return () =>
        fieldsOf(
          addKeyPair({ world, region, account, name: KeyName, publicKey, createdAt: now, tags }),
        );
    },
  },
);

/** A key pair that does not exist is deleted already. */
export const deleteKeyPair = mutation(
  { KeyName: required(text) },
  {
    name: "DeleteKeyPair",
    prepare:
      ({ region, account }, { KeyName: name }) =>
      () => {
        const found = findKeyPair(region, { account, name });
        if (found !== null) region.keyPairs.delete(found.id);
        return { return: true, ...(found === null ? {} : { keyPairId: found.id }) };
      },
  },
);

export const describeKeyPairs = reading(
  { KeyName: list(text) },
  {
    name: "DescribeKeyPairs",
    read({ region, account }, { KeyName: names }) {
      const all = [...region.keyPairs.values()].filter((one) => one.account === account);
      const shown =
        names.length === 0 ? all : names.map((name) => requireKeyPair(region, { account, name }));
      return {
        keySet: shown.map((one) => ({
          ...fieldsOf(one),
          keyType: one.type,
          createTime: timestamp(one.createdAt),
        })),
      };
    },
  },
);

function fieldsOf({ id, name, fingerprint, tags }: KeyPair): XmlFields {
  return { keyPairId: id, keyName: name, keyFingerprint: fingerprint, tagSet: tagSet(tags) };
}
