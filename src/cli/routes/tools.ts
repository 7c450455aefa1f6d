import { TOOL_BRIEFS } from "../help/command-list.ts";
import type { CliContext } from "../context.ts";
import { asTyped, portNumber } from "../arguments/flags.ts";
import { DEFAULT_OUTPUTS } from "../global-flag-list.ts";
import {
  proposeClouds,
  proposeCommands,
  proposeContextActions,
  proposeContextFields,
  proposeContexts,
  proposeNames,
  proposeShells,
} from "../help/proposals.ts";
import type { CommandRoute, NoFlags } from "../route.ts";
import { defineRoute } from "../route.ts";

const doctor = defineRoute<{ placement?: string }>({
  usage: ["doctor [--placement PLACEMENT]"],
  brief: TOOL_BRIEFS.doctor,
  description:
    "Prints one line for each check: ok, warning, problem or skipped, and the fix below it. Changes nothing and launches nothing. Exits with the code of the first problem.",
  load: async () => (await import("../commands/doctor.ts")).doctor,
  parameters: {
    flags: {
      placement: {
        kind: "parsed",
        parse: asTyped,
        optional: true,
        placeholder: "PLACEMENT",
        brief: "Check this placement in depth, with the checks of a dry run, and no other provider",
        proposeCompletions(this: CliContext) {
          return proposeNames(this, "placement");
        },
      },
    },
  },
});

const inspect = defineRoute<
  { platform?: string; secret?: string; verifyLayers: boolean },
  [reference: string]
>({
  usage: ["inspect OCI_REFERENCE [--platform PLATFORM] [--secret NAME] [--verify-layers]"],
  brief: TOOL_BRIEFS.inspect,
  load: async () => (await import("../commands/inspect.ts")).inspect,
  parameters: {
    flags: {
      platform: {
        kind: "parsed",
        parse: asTyped,
        optional: true,
        placeholder: "PLATFORM",
        brief: "os/architecture[/variant] (default: linux/amd64)",
        proposeCompletions: () => ["linux/amd64", "linux/arm64"],
      },
      secret: {
        kind: "parsed",
        parse: asTyped,
        optional: true,
        placeholder: "NAME",
        brief: "Secret with the registry's credentials (default: Docker's configuration)",
        proposeCompletions(this: CliContext) {
          return proposeNames(this, "secret");
        },
      },
      verifyLayers: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Fetch every layer and check its digest and DiffID",
      },
    },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "A reference such as ghcr.io/acme/agent:v1",
          placeholder: "OCI_REFERENCE",
          parse: asTyped,
        },
      ],
    },
  },
});

const fake = defineRoute<
  { port: number; state?: string; faults?: string; apply: boolean },
  [cloud: string]
>({
  usage: ["fake ec2|gce [--port N] [--state FILE] [--faults FILE] [--apply]"],
  brief: TOOL_BRIEFS.fake,
  description:
    "Listens on 127.0.0.1 and runs until it is interrupted. The first line on standard output is its URL. Its ids and the variables that point clients to it follow. Any credentials are accepted, but requests must carry some.",
  load: async () => (await import("../commands/fake.ts")).fake,
  parameters: {
    flags: {
      port: {
        kind: "parsed",
        parse: portNumber,
        default: "0",
        placeholder: "N",
        brief: "Port to listen on, 0 for any free port",
      },
      state: {
        kind: "parsed",
        parse: asTyped,
        optional: true,
        placeholder: "FILE",
        brief: "Keep the fake's state in this file and load it at start",
      },
      faults: {
        kind: "parsed",
        parse: asTyped,
        optional: true,
        placeholder: "FILE",
        brief: "Inject the faults in this file",
      },
      apply: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Also write records of a workspace that uses the fake: fake-ec2 or fake-gce",
      },
    },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "The cloud",
          placeholder: "CLOUD",
          parse: asTyped,
          proposeCompletions: proposeClouds,
        },
      ],
    },
  },
});

const context = defineRoute<
  { defaultOutput?: string; unset?: readonly string[] },
  [action: string, name?: string]
>({
  usage: [
    "context list",
    "context show [NAME]",
    "context use NAME",
    "context set NAME [--database FILE] [--key-file FILE] [--tenant NAME] [--default-output FORMAT] [--unset SETTING]...",
    "context delete NAME",
  ],
  brief: TOOL_BRIEFS.context,
  description:
    "A context holds the settings that a command uses if neither a flag nor a variable sets them. show prints each setting with its source. The context default always exists and sets nothing.",
  load: async () => (await import("../commands/context.ts")).context,
  parameters: {
    flags: {
      defaultOutput: {
        kind: "parsed",
        parse: asTyped,
        optional: true,
        placeholder: "FORMAT",
        brief: "Output format of commands without -o",
        proposeCompletions: () => DEFAULT_OUTPUTS,
      },
      unset: {
        kind: "parsed",
        parse: asTyped,
        variadic: true,
        optional: true,
        placeholder: "SETTING",
        brief: "Remove database, key-file, tenant or default-output; may be repeated",
        proposeCompletions: proposeContextFields,
      },
    },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "list, show, use, set or delete",
          placeholder: "ACTION",
          parse: asTyped,
          proposeCompletions: proposeContextActions,
        },
        {
          brief: "The context",
          placeholder: "NAME",
          parse: asTyped,
          optional: true,
          proposeCompletions(this: CliContext) {
            return proposeContexts(this);
          },
        },
      ],
    },
  },
});

const completion = defineRoute<NoFlags, [shell: string]>({
  usage: ["completion bash|zsh|fish"],
  brief: TOOL_BRIEFS.completion,
  description: [
    "bash: source <(slipway completion bash)",
    "zsh:  source <(slipway completion zsh)",
    "fish: slipway completion fish | source",
  ].join("\n"),
  load: async () => (await import("../commands/completion.ts")).completion,
  parameters: {
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "The shell",
          placeholder: "SHELL",
          parse: asTyped,
          proposeCompletions: proposeShells,
        },
      ],
    },
  },
});

const help = defineRoute<NoFlags, [command?: string]>({
  usage: ["help [COMMAND]"],
  brief: TOOL_BRIEFS.help,
  load: async () => (await import("../commands/help.ts")).help,
  parameters: {
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "The command",
          placeholder: "COMMAND",
          parse: asTyped,
          optional: true,
          proposeCompletions: proposeCommands,
        },
      ],
    },
  },
});

const version = defineRoute({
  usage: ["version"],
  brief: TOOL_BRIEFS.version,
  load: async () => (await import("../commands/version.ts")).version,
  parameters: {},
});

export const toolRoutes: Readonly<Record<keyof typeof TOOL_BRIEFS, CommandRoute>> = {
  doctor,
  inspect,
  fake,
  context,
  completion,
  help,
  version,
};
