/** The folder in which a machine clones repositories, each in a folder of its own name. */
const CLONE_FOLDER = "/workspaces";

/**
 * Where a machine clones the repository: `/workspaces/` and the last part of its URL, with `-` for unusual characters.
 * Null for a URL that does not end with a usable name.
 */
export function clonePath(cloneUrl: string): string | null {
  const [last = ""] = new URL(cloneUrl).pathname
    .replace(/\.git$/, "")
    .split("/")
    .slice(-1);
  const name = last.replace(/[^A-Za-z0-9._-]+/g, "-");
  return /^[.-]*$/.test(name) ? null : `${CLONE_FOLDER}/${name}`;
}
