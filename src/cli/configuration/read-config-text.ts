import { invalidArgument } from "../../errors.ts";
import { readRegularFile, whyUnreadable } from "../../host/read-file.ts";
import { quoted } from "../terminal-text.ts";

/** In bytes. Thousands of contexts. */
const LARGEST_CONFIG = 1024 * 1024;

/** @throws SlipwayError `INVALID_ARGUMENT` / `INVALID_INPUT` if the file cannot be read */
export async function readConfigText(path: string): Promise<string> {
  try {
    return (await readRegularFile(path, LARGEST_CONFIG)).toString("utf8");
  } catch (caught) {
    throw invalidArgument(
      "INVALID_INPUT",
      `cannot read the configuration file ${quoted(path, 256)}: ${whyUnreadable(caught)}`,
      "Make it readable, or name another file with SLIPWAY_CONFIG.",
    );
  }
}
