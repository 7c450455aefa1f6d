import { firstJsonValue } from "./first-json-value.ts";
import { isAbsent, isBelowFile, isEndless, readRegularFile, whyUnreadable } from "./read-file.ts";

/** Docker's `config.json`, or why it was not read. */
export type DockerConfigFile =
  | { readonly kind: "absent" }
  | { readonly kind: "read"; readonly document: unknown }
  /** `why` repeats nothing of the file, which may hold passwords. */
  | { readonly kind: "unreadable"; readonly why: string; readonly remedy: string }
  /** A pipe, device or socket, for which Docker's command would wait. */
  | { readonly kind: "refused"; readonly why: string; readonly remedy: string };

const LARGEST_CONFIG = 1024 * 1024;

/**
 * Reads Docker's configuration. Docker's own command warns of a file that it cannot read, and goes on as if there were none
 * (`LoadDefaultConfigFile` of docker/cli).
 *
 * @param path the path of `config.json`; it need not exist
 */
export async function readDockerConfigFile(path: string): Promise<DockerConfigFile> {
  let text: string;
  try {
    text = (await readRegularFile(path, LARGEST_CONFIG)).toString("utf8");
  } catch (caught) {
    // Users set DOCKER_CONFIG to the file instead of its folder; Docker's command warns of that, too.
    if (isAbsent(caught) && !isBelowFile(caught)) return { kind: "absent" };
    const kind = (await isEndless(path)) ? "refused" : "unreadable";
    const why = `${path} cannot be read: ${whyUnreadable(caught)}`;
    return { kind, why, remedy: "Make the Docker configuration a file that this user can read." };
  }
  if (text.trim() === "") return unreadable(`${path} is empty`, "Remove it, or write {} into it.");
  try {
    return { kind: "read", document: JSON.parse(firstJsonValue(text)) };
  } catch {
    // The parser's message would quote the file.
    return unreadable(`${path} is not JSON`, "Correct the Docker configuration.");
  }
}

function unreadable(why: string, remedy: string): DockerConfigFile {
  return { kind: "unreadable", why, remedy };
}
