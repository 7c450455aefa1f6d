/** Access to and from Compute Engine machines: the options of placements. */
import { z } from "zod";
import { SCOPE_ALIASES } from "../../plan/access-scopes.ts";
import { isReservedMetadata } from "../../plan/compute-engine.ts";
import { distinct, text } from "./common.ts";

const MOST_TAGS = 64;

/** https://cloud.google.com/vpc/docs/add-remove-network-tags#restrictions */
const networkTags = () =>
  distinct(
    text(
      /^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/,
      "must be 1 to 63 lower-case letters, digits and -, starting with a letter and not ending with -",
    ),
  )
    .min(1, "must list at least one network tag")
    .max(MOST_TAGS, `must list at most ${MOST_TAGS} network tags`);

const serviceAccountScopes = () =>
  distinct(
    z
      .string()
      .max(1024, SCOPE_FORM)
      .refine(
        (scope) => SCOPE_ALIASES.includes(scope) || /^https:\/\/[^\s/]+\/\S*$/.test(scope),
        SCOPE_FORM,
      ),
  ).min(1, "must list at least one scope");

const SCOPE_FORM =
  "must be an alias of gcloud, such as logging-write, or an address such as https://www.googleapis.com/auth/logging.write";

const MOST_METADATA_BYTES = 255 * 1024;

/**
 * The keys' form is the API's. All metadata of a machine may have 512 KiB, of which the boot document, as one value, may
 * need 256 KiB. https://cloud.google.com/compute/docs/metadata/setting-custom-metadata#limitations
 */
const metadata = () =>
  z
    .record(
      z
        .string()
        .regex(/^[a-zA-Z0-9_-]{1,128}$/, "must have keys of 1 to 128 letters, digits, _ and -"),
      z.string("must be a string: quote it"),
    )
    .refine(
      (items) => !Object.keys(items).some(isReservedMetadata),
      "must not have keys that start with user-data or slipway-: user data belongs into the workspace's user_data",
    )
    .refine(
      (items) => Buffer.byteLength(Object.entries(items).flat().join("")) <= MOST_METADATA_BYTES,
      `must have at most ${MOST_METADATA_BYTES} bytes of keys and values`,
    );

/** The options that the placement sets. */
export function accessFields() {
  return {
    networkTags: networkTags()
      .exactOptional()
      .meta({ description: "Tags that firewall rules and routes name.", examples: [["agents"]] }),
    serviceAccountScopes: serviceAccountScopes()
      .exactOptional()
      .meta({
        description:
          "The limits of what the machine may do with its service account: addresses, or the aliases of `gcloud`. Without them, `cloud-platform`.",
        examples: [["logging-write"]],
      }),
    metadata: metadata()
      .exactOptional()
      .meta({
        description:
          "Further metadata of the machines, for Google's guest agent. Never put secrets there.",
        examples: [{ "enable-oslogin": "TRUE" }],
      }),
  };
}
