/** Every region's name ends in a number: `us-central1`, `u-france-east1`. */
const REGION = /^(.*?[a-z]\d+)-/;

/**
 * The region of a zone, from their names: `us-central1` of `us-central1-a` and of `us-central1-ai1a`; null for a text of
 * another form.
 */
export function regionOfZone(zone: string): string | null {
  return REGION.exec(zone)?.[1] ?? null;
}

/**
 * The region of a placement's zones: that of the first one with such a name. Without any, the first one without its last
 * part, so that Compute Engine can judge it.
 */
export function regionOfZones([first = "", ...others]: readonly string[]): string {
  for (const zone of [first, ...others]) {
    const region = regionOfZone(zone);
    if (region !== null) return region;
  }
  return first.replace(/-[^-]*$/, "");
}
