import { z } from "zod";

const schema = z.object({
  packages: z.record(
    z.string(),
    z.object({
      integrity: z.string().optional(),
      resolved: z.string().optional(),
      link: z.boolean().optional(),
      inBundle: z.boolean().optional(),
    }),
  ),
});

/**
 * The faults in the text of a package-lock.json, one sentence each. Every installed package needs an `integrity`: npm
 * installs an entry without one unverified, and omits it silently when it writes the file from an existing node_modules.
 * No entry may name a host, since the registry is a setting of each machine (`omit-lockfile-registry-resolved`).
 * Throws if the text is not a lock file of version 2 or 3.
 */
export function lockFileFaults(text: string): readonly string[] {
  const { packages } = schema.parse(JSON.parse(text));
  return Object.entries(packages)
    .filter(([path, { link }]) => path.includes("node_modules/") && link !== true)
    .flatMap(([path, { integrity, resolved, inBundle }]) => [
      // A bundled package is a part of the archive of the package that bundles it.
      ...(integrity === undefined && inBundle !== true ? [`${path} has no integrity`] : []),
      ...(resolved === undefined ? [] : [`${path} names its download location`]),
    ]);
}
