import { CATALOG_BRIEFS } from "../help/command-list.ts";
import type { CliContext } from "../context.ts";
import { asTyped, wholeNumber } from "../arguments/flags.ts";
import {
  proposeFields,
  proposeKinds,
  proposeNames,
  proposeOwnNames,
  proposeSecretActions,
} from "../help/proposals.ts";
import type { CommandRoute, NoFlags } from "../route.ts";
import { defineRoute } from "../route.ts";

const kind = {
  brief: "image, workspace, placement, environment, machine-type, disk-type or secret",
  placeholder: "KIND",
  parse: asTyped,
  proposeCompletions: proposeKinds,
} as const;

const name = {
  brief: "The resource's name",
  placeholder: "NAME",
  parse: asTyped,
  proposeCompletions(this: CliContext) {
    return proposeNames(this);
  },
} as const;

/** The name of a resource that the command writes. */
const ownName = {
  ...name,
  proposeCompletions(this: CliContext) {
    return proposeOwnNames(this);
  },
} as const;

const ifGeneration = {
  kind: "parsed",
  parse: wholeNumber(0),
  optional: true,
  placeholder: "N",
  brief: "Write only if the resource is at this generation (0: only if it does not exist)",
} as const;

const files = {
  kind: "parsed",
  parse: asTyped,
  variadic: true,
  optional: true,
  placeholder: "FILE|DIR|-",
  brief: "A file, a folder of YAML and JSON files, or - for standard input; may be repeated",
} as const;

const apply = defineRoute<{ file?: readonly string[]; dryRun: boolean; diff: boolean }>({
  usage: ["apply -f FILE|DIR|-... [--dry-run] [--diff]"],
  brief: CATALOG_BRIEFS.apply,
  description:
    "Each YAML document is a resource with its kind. The order does not matter, and all resources are written or none.",
  load: async () => (await import("../commands/apply.ts")).apply,
  parameters: {
    flags: {
      file: files,
      dryRun: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Make every check and print the result, but write nothing",
      },
      diff: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Print what changes in each resource",
      },
    },
    aliases: { f: "file" },
  },
});

const diff = defineRoute<{ file?: readonly string[] }>({
  usage: ["diff -f FILE|DIR|-..."],
  brief: CATALOG_BRIEFS.diff,
  load: async () => (await import("../commands/diff.ts")).diff,
  parameters: { flags: { file: files }, aliases: { f: "file" } },
});

const exportRoute = defineRoute({
  usage: ["export"],
  brief: CATALOG_BRIEFS.export,
  description: "Built-in resources are left out, and so are the values of secrets.",
  load: async () => (await import("../commands/export.ts")).exportCatalog,
  parameters: {},
});

const set = defineRoute<
  { file?: string; resource: boolean; ifGeneration?: number },
  [kind: string, name?: string]
>({
  usage: [
    "set KIND [NAME] [-f FILE] [--if-generation N] [< resource.yaml]",
    "set secret NAME [-f FILE] [< value]",
    "set secret [NAME] --resource [-f FILE] [< secret.yaml]",
  ],
  brief: CATALOG_BRIEFS.set,
  description:
    "On a terminal, a secret's value is asked for twice and not shown. From a pipe or a file, it is read byte for byte, without one trailing newline. With --resource, standard input is a record with name, plaintext_value and description.",
  load: async () => (await import("../commands/set.ts")).set,
  parameters: {
    flags: {
      resource: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Read the secret as a record",
      },
      ifGeneration,
      file: {
        kind: "parsed",
        parse: asTyped,
        optional: true,
        placeholder: "FILE",
        brief: "The file to read instead of standard input",
      },
    },
    aliases: { f: "file" },
    positional: { kind: "tuple", parameters: [kind, { ...ownName, optional: true }] },
  },
});

const patch = defineRoute<
  { set: readonly string[]; ifGeneration?: number },
  [kind: string, name: string]
>({
  usage: ["patch KIND NAME --set field=value... [--if-generation N]"],
  brief: CATALOG_BRIEFS.patch,
  description:
    'A field is a path such as aws.ami_ids.us-east-1. A value that is valid JSON is read as JSON (20, true, ["a"], null to unset the field), anything else as text; \'"20"\' is the text 20.',
  load: async () => (await import("../commands/patch.ts")).patch,
  parameters: {
    flags: {
      set: {
        kind: "parsed",
        parse: asTyped,
        variadic: true,
        placeholder: "field=value",
        brief: "A field and its new value; may be repeated",
      },
      ifGeneration,
    },
    positional: { kind: "tuple", parameters: [kind, ownName] },
  },
});

const kindOrAll = {
  ...kind,
  proposeCompletions: async (partial: string) => [...(await proposeKinds(partial)), "all"],
} as const;

const get = defineRoute<NoFlags, [kind: string, name?: string]>({
  usage: ["get KIND [NAME]", "get all"],
  brief: CATALOG_BRIEFS.get,
  load: async () => (await import("../commands/get.ts")).get,
  parameters: {
    positional: { kind: "tuple", parameters: [kindOrAll, { ...name, optional: true }] },
  },
});

const explain = defineRoute<{ recursive: boolean }, [path: string]>({
  usage: ["explain KIND[.FIELD...] [--recursive]"],
  brief: CATALOG_BRIEFS.explain,
  description:
    "Also explains the documents plan, spawn, event and error. -o json and -o yaml print the part of the JSON Schema. Opens no database.",
  load: async () => (await import("../commands/explain.ts")).explain,
  parameters: {
    flags: {
      recursive: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "List the fields at every depth",
      },
    },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "A kind, or a field such as placement.target.aws.market",
          placeholder: "KIND[.FIELD...]",
          parse: asTyped,
          proposeCompletions: proposeFields,
        },
      ],
    },
  },
});

const remove = defineRoute<
  { file?: readonly string[]; ignoreNotFound: boolean; force: boolean; ifGeneration?: number },
  [kind?: string, name?: string]
>({
  usage: [
    "delete KIND NAME [--if-generation N] [--ignore-not-found] [--force]",
    "delete -f FILE|DIR|-... [--ignore-not-found] [--force]",
  ],
  brief: CATALOG_BRIEFS.delete,
  load: async () => (await import("../commands/delete.ts")).remove,
  parameters: {
    flags: {
      file: files,
      ignoreNotFound: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Succeed if the resource does not exist",
      },
      force: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Delete a workspace or placement even if it has live machines, which stay",
      },
      ifGeneration,
    },
    aliases: { f: "file" },
    positional: {
      kind: "tuple",
      parameters: [
        { ...kind, optional: true },
        { ...ownName, optional: true },
      ],
    },
  },
});

const history = defineRoute<NoFlags, [kind: string, name: string]>({
  usage: ["history KIND NAME"],
  brief: CATALOG_BRIEFS.history,
  load: async () => (await import("../commands/history.ts")).history,
  parameters: { positional: { kind: "tuple", parameters: [kind, name] } },
});

const secrets = defineRoute<NoFlags, [action: string]>({
  usage: ["secrets rotate-key"],
  brief: CATALOG_BRIEFS.secrets,
  description:
    "Makes a new key and seals the secrets of all tenants again. All can be read throughout, by other processes too. After an interruption, run it again. With SLIPWAY_KEY or SLIPWAY_KEY_COMMAND it makes no key: it seals with the first of theirs.",
  load: async () => (await import("../commands/secrets.ts")).secrets,
  parameters: {
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "rotate-key",
          placeholder: "ACTION",
          parse: asTyped,
          proposeCompletions: proposeSecretActions,
        },
      ],
    },
  },
});

/** The commands that write and read the catalog. */
export const catalogRoutes: Readonly<Record<keyof typeof CATALOG_BRIEFS, CommandRoute>> = {
  apply,
  diff,
  export: exportRoute,
  set,
  patch,
  get,
  delete: remove,
  explain,
  history,
  secrets,
};
