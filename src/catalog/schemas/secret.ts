/** The secret kind. Its value is taken out of the body before validation. */
import { z } from "zod";
import type { SecretFields } from "../kinds.ts";
import { once } from "../../async/memoize.ts";
import type { Rule } from "../violation.ts";
import { commonRules, described } from "./common.ts";

export const secretRules: readonly Rule[] = commonRules("secret");

export const secretSchema = once((): z.ZodType<SecretFields> =>
  z.strictObject(described("secret")),
);
