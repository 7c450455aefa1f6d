/** Access to and from Compute Engine machines: the options of placements. */
import { z } from "zod";
import { SCOPE_ALIASES } from "../../plan/access-scopes.ts";
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

/** The options that the placement sets. */
export function accessFields() {
  return {
    networkTags: networkTags().exactOptional(),
    serviceAccountScopes: serviceAccountScopes().exactOptional(),
  };
}
