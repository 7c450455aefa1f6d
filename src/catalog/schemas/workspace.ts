/** The workspace kind. */
import { z } from "zod";
import { BOOT_DOCUMENTS, CONFLICT_RESOLUTIONS } from "../kinds.ts";
import type { WorkspaceFields } from "../kinds.ts";
import { once } from "../../async/memoize.ts";
import type { Rule } from "../violation.ts";
import { clonePath } from "../../plan/clone-path.ts";
import { commonRules, described, distinct, nameOf, text } from "./common.ts";
import { containerProcessFields } from "./container-process.ts";

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const variable = text(VARIABLE, "must match [A-Za-z_][A-Za-z0-9_]*", 256);
const LARGEST_PORT = 65_535;
const DEFAULT_MODE_DIGITS = 4;

export const workspaceRules: readonly Rule[] = commonRules("workspace");

const repository = once(() =>
  z.strictObject({
    cloneUrl: z
      .string()
      .max(2048, "must have at most 2048 characters")
      .refine(isCloneUrl, {
        error: "must be an https URL without a user, a query or a fragment",
        params: {
          remedy:
            "Write it as https://github.com/acme/agent, even if you clone with SSH elsewhere.",
        },
      })
      .transform((url) => url.replace(/\.git$/, ""))
      .meta({
        description: "The address of the repository: https, without a user, a query or a fragment.",
        examples: ["https://github.com/acme/agent"],
      }),
    // Rejects most of what `git check-ref-format` rejects, and names that a command line would read as an option.
    baseBranch: text(
      /^(?![-/.])(?!.*(?:\.\.|\/\/|@\{))[^\p{Cc} ~^:?*[\\]+$/u,
      "must be a branch name",
      255,
    )
      .exactOptional()
      .meta({
        description:
          "The branch from which the work begins. Without it, the repository's own default branch.",
        examples: ["main"],
      }),
    conflictResolution: z
      .enum(CONFLICT_RESOLUTIONS, "must be MERGE, REBASE or NONE")
      .exactOptional()
      .meta({
        description: "How the agent is to resolve conflicts with the base branch.",
        default: "MERGE",
        examples: ["REBASE"],
      }),
    clone: z
      .boolean("must be true or false")
      .exactOptional()
      .meta({
        description:
          "Whether a virtual machine clones the repository at its first boot. A container does not.",
        default: false,
        examples: [true],
      }),
  }),
);

const mode = once(() =>
  z
    .union([z.string(), z.int()], 'must be an octal string such as "0400"')
    .transform((given, context): string => {
      const parsed = parseMode(given);
      if (parsed !== null) return parsed;
      context.addIssue('must be an octal string such as "0400"');
      return z.NEVER;
    }),
);

const secretMount = once(() =>
  z
    .strictObject({
      secret: nameOf("secret").meta({
        description: "The secret that is mounted.",
        examples: ["DEPLOY_KEY"],
      }),
      env: variable.exactOptional().meta({
        description:
          "The environment variable that has the secret's value. A mount has either `env` or `path`.",
        examples: ["MODEL_API_KEY"],
      }),
      path: z
        .string()
        .refine(isFilePath, "must be an absolute path without . or ..")
        .exactOptional()
        .meta({
          description:
            "The file that has the secret's value, as an absolute path. A mount has either `env` or `path`.",
          examples: ["/run/secrets/deploy_key"],
        }),
      mode: mode()
        .exactOptional()
        .meta({
          description:
            "The file's mode as octal digits, quoted. The file is owned by the image's user.",
          default: "0400",
          examples: ["0440"],
        }),
    })
    .refine(({ env, path }) => (env === undefined) !== (path === undefined), {
      message: "must have exactly one of env, path",
    })
    .refine((mount) => mount.mode === undefined || mount.env === undefined, {
      message: "must not have both mode and env",
    }),
);

const port = once(() =>
  z.strictObject({
    port: z
      .int("must be an integer")
      .min(1, "must be from 1 to 65535")
      .max(LARGEST_PORT, "must be from 1 to 65535")
      .meta({
        description:
          "A port on which the machine listens. It is published on a free port of the engine's host.",
        examples: [8080],
      }),
    name: z
      .string()
      .max(63, "must have at most 63 characters")
      .exactOptional()
      .meta({ description: "The port's name, for people.", examples: ["web"] }),
  }),
);

const ports = once(() =>
  z
    .array(port())
    .refine(
      (ports) => new Set(ports.map((entry) => entry.port)).size === ports.length,
      "must not list a port twice",
    ),
);

export const workspaceSchema = once((): z.ZodType<WorkspaceFields> =>
  z
    .strictObject({
      ...described("workspace"),
      imageRef: nameOf("image").meta({
        description: "The image to launch.",
        examples: ["agent-base"],
      }),
      placement: nameOf("placement").meta({
        description: "The placement: where the machine runs.",
        examples: ["this-machine"],
      }),
      environmentRef: nameOf("environment")
        .exactOptional()
        .meta({
          description:
            "The environment: the machine's shape. Without it, a container has only the limits of the image and the engine, and a virtual machine is a small one of the image's architecture.",
          examples: ["small"],
        }),
      repos: z
        .array(repository())
        .exactOptional()
        .meta({
          description: "Repositories that the machine's boot document lists.",
          examples: [[{ clone_url: "https://github.com/acme/agent", base_branch: "main" }]],
        }),
      minIdle: z
        .int("must be an integer")
        .min(0, "must be non-negative")
        .exactOptional()
        .meta({
          description:
            "The number of warm machines to keep. It is recorded, but not used in this version.",
          default: 0,
          examples: [0],
        }),
      secretRefs: distinct(nameOf("secret"))
        .exactOptional()
        .meta({
          description: "Secrets that are set as environment variables of the same name.",
          examples: [["API_TOKEN"]],
        }),
      runtimeSecretMounts: z
        .array(secretMount())
        .exactOptional()
        .meta({
          description: "Secrets as environment variables of other names, or as files.",
          examples: [[{ secret: "DEPLOY_KEY", path: "/run/secrets/deploy_key" }]],
        }),
      ports: ports()
        .exactOptional()
        .meta({
          description: "Ports on which the machine listens.",
          examples: [[{ port: 8080, name: "web" }]],
        }),
      userData: z
        .string()
        .exactOptional()
        .meta({
          description:
            "A `#cloud-config` document or a `#!` script for virtual machines. A container does not run it, and the plan has a warning.",
          examples: ["#!/bin/sh\necho ready\n"],
        }),
      bootDocument: z
        .enum(BOOT_DOCUMENTS, "must be cloud-init or none")
        .exactOptional()
        .meta({
          description:
            "How the machine gets its boot document: a virtual machine by cloud-init, a container in `SLIPWAY_BOOT_DOCUMENT`. `none` omits it.",
          default: "cloud-init",
          examples: ["none"],
        }),
      ...containerProcessFields(),
    })
    .superRefine((workspace, context) => {
      for (const { path, message } of clashes(workspace))
        context.addIssue({ code: "custom", path, message });
    }),
);

/** Violations of the rules that involve several fields. */
function clashes(workspace: WorkspaceFields): { path: string[]; message: string }[] {
  const {
    secretRefs = [],
    runtimeSecretMounts = [],
    userData,
    bootDocument,
    repos = [],
  } = workspace;
  const variables = [...secretRefs, ...runtimeSecretMounts.flatMap(({ env }) => env ?? [])];
  const paths = runtimeSecretMounts.flatMap((mount) => mount.path ?? []);
  const found: { path: string[]; message: string }[] = [];
  if (new Set(variables).size !== variables.length || new Set(paths).size !== paths.length)
    found.push({
      path: ["runtimeSecretMounts"],
      message: "must not set a variable or a file twice (secret_refs are variables too)",
    });
  if (userData !== undefined && bootDocument !== "none" && !isCloudInitPart(userData))
    found.push({
      path: ["userData"],
      message: "must start with #cloud-config or #! (or set boot_document to none)",
    });
  const cloned = repos
    .filter(({ clone }) => clone === true)
    .map(({ cloneUrl }) => clonePath(cloneUrl));
  if (cloned.includes(null))
    found.push({
      path: ["repos"],
      message: "must have a name at the end of each clone_url with clone",
    });
  if (new Set(cloned).size !== cloned.length)
    found.push({ path: ["repos"], message: "must not clone two repositories of the same name" });
  if (cloned.length > 0 && bootDocument === "none")
    found.push({ path: ["repos"], message: "must not have clone without the boot document" });
  return found;
}

function isCloudInitPart(userData: string): boolean {
  return userData.startsWith("#!") || /^#cloud-config[ \t]*(?:\r?\n|$)/.test(userData);
}

function isCloneUrl(url: string): boolean {
  if (!/^https:\/\/[\x21-\x7e]+$/.test(url) || !URL.canParse(url)) return false;
  const { username, password, search, hash } = new URL(url);
  // A user in the URL is a credential, but a workspace's fields are printed and sent to the machine.
  return username === "" && password === "" && search === "" && hash === "";
}

function isFilePath(path: string): boolean {
  if (!path.startsWith("/") || path.length > 4096 || /\p{Cc}/u.test(path)) return false;
  return path
    .slice(1)
    .split("/")
    .every((step) => step !== "" && step !== "." && step !== "..");
}

/**
 * Parses a file mode and returns four octal digits, or null if it is invalid. A number stands for the digits that were
 * written, because YAML 1.2 reads `0400` as four hundred. A number whose digits would make a mode that is unsuitable
 * for a secret (such as 256, the value of `0o400`) is rejected rather than interpreted.
 */
function parseMode(given: string | number): string | null {
  const digits = String(given);
  if (!/^0?[0-7]{3}$/.test(digits)) return null;
  const parsed = digits.padStart(DEFAULT_MODE_DIGITS, "0");
  const bits = Number.parseInt(parsed, 8);
  const ownerReads = (bits & 0o400) !== 0;
  const othersWrite = (bits & 0o022) !== 0;
  if (typeof given === "number" && (!ownerReads || othersWrite)) return null;
  return parsed;
}
