/** The options of containers in workspaces: the process. Compose's spellings are accepted too. */
import { z } from "zod";
import { once } from "../../async/memoize.ts";
import { restart } from "./container.ts";

const WORDS = 'must be a list of words, such as ["/bin/sh", "-c", "exec agent"]';
const words = once(() =>
  z.array(
    z.string().refine((argument) => !argument.includes("\0"), "must not have a NUL character"),
    WORDS,
  ),
);

/** The fields of a workspace about the process in its container. */
export const containerProcessFields = once(() => ({
  entrypoint: words()
    .exactOptional()
    .meta({
      description:
        "What runs in a container instead of the image's entrypoint. It drops the image's command too; an empty list removes the entrypoint.",
      examples: [["/bin/sh", "-c"]],
    }),
  command: words()
    .min(1, "must list at least one word")
    .exactOptional()
    .meta({
      description: "The arguments in a container instead of the image's command.",
      examples: [["exec agent"]],
    }),
  // YAML reads 1000 as a number.
  user: z
    .union([z.int().min(0).transform(String), z.string()], "must be a user's name or number")
    .refine(
      (user) => /^[^\s:]{1,128}(?::[^\s:]{1,128})?$/.test(user),
      "must be USER or USER:GROUP, names or numbers",
    )
    .exactOptional()
    .meta({
      description:
        "Who runs the process in a container: `USER` or `USER:GROUP`, names or numbers. Without it, the image's user.",
      examples: ["1000:1000"],
    }),
  restart: restart(),
}));
