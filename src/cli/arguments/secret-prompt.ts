import { parseBody } from "../../catalog/parse.ts";
import { invalidArgument } from "../../errors.ts";
import { SecretValue } from "../../secret-value.ts";
import type { CliContext } from "../context.ts";

/**
 * Asks a person for the value of a secret, twice, because the terminal does not show it.
 *
 * @throws SlipwayError `INVALID_ARGUMENT` if the secret cannot have this name, if no value is typed, or if the two differ;
 *   `CANCELLED` on Ctrl-C
 */
export async function askSecret(
  { openHiddenInput }: Pick<CliContext, "openHiddenInput">,
  name: string,
): Promise<SecretValue> {
  // A person should not type a value in vain.
  parseBody("secret", { name });
  using input = await openHiddenInput();
  const value = await input.ask(`Value of secret ${name}: `);
  if (value === "")
    throw invalidArgument(
      "INVALID_INPUT",
      "no value was typed; nothing was stored",
      "Type the value and press Enter, or name a file with -f.",
    );
  if ((await input.ask(`The same value again: `)) !== value)
    throw invalidArgument(
      "INVALID_INPUT",
      "the two values differ; nothing was stored",
      "Run the command again and type the same value twice, or name a file with -f.",
    );
  return new SecretValue(value);
}
