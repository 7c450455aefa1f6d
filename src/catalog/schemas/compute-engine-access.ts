/** Access to and from Compute Engine machines: the options of placements. */
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

/** The options that the placement sets. */
export function accessFields() {
  return { networkTags: networkTags().exactOptional() };
}
