import { dirname } from "node:path";
import { invalidArgument } from "../../errors.ts";
import { whyUnwritable } from "../../host/read-file.ts";
import { replaceFile } from "../../host/replace-file.ts";
import { makeFolder } from "../../storage/database.ts";
import { quoted } from "../terminal-text.ts";

/**
 * Replaces the configuration file in one step, or creates it with its folder; only the user may read either.
 *
 * @throws SlipwayError `INVALID_ARGUMENT` / `INVALID_INPUT` if it cannot be written
 */
export function writeConfigFile({ path }: { readonly path: string }, text: string): void {
  try {
    makeFolder(dirname(path));
    replaceFile(path, text);
  } catch (caught) {
    throw invalidArgument(
      "INVALID_INPUT",
      `cannot write the configuration file ${quoted(path, 256)}: ${whyUnwritable(caught)}`,
      "Make its folder writable, or name another file with SLIPWAY_CONFIG.",
    );
  }
}
