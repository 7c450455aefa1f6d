import { ACCESS_BRIEFS } from "../help/command-list.ts";
import { asTyped } from "../arguments/flags.ts";
import { containerSpawnId, liveSpawnId, virtualMachineSpawnId } from "../arguments/spawn-id.ts";
import type { CliContext } from "../context.ts";
import { proposeNames } from "../help/proposals.ts";
import type { CommandRoute, NoFlags } from "../route.ts";
import { defineRoute } from "../route.ts";

const person = {
  user: {
    kind: "parsed",
    parse: asTyped,
    optional: true,
    placeholder: "USER",
    brief: "USER or USER:GROUP in the container (default: the workspace's)",
  },
  workdir: {
    kind: "parsed",
    parse: asTyped,
    optional: true,
    placeholder: "PATH",
    brief: "The working directory in the container (default: the container's)",
  },
} as const;

const VIRTUAL_MACHINES =
  "For virtual machines, use the provider's own command: aws ec2-instance-connect ssh or aws ssm start-session on EC2, gcloud compute ssh on Compute Engine. The error for a virtual machine has the whole command; slipway ssh-config is for ssh itself.";

const exec = defineRoute<
  {
    interactive: boolean;
    tty: boolean;
    user?: string;
    workdir?: string;
    env?: readonly string[];
  },
  string[]
>({
  usage: [
    "exec SPAWN_ID [-i] [-t] [--user USER] [--workdir PATH] [--env KEY=VALUE...] -- COMMAND [ARGUMENT...]",
  ],
  brief: ACCESS_BRIEFS.exec,
  description:
    "Exits with the command's exit code; 126 or 127 if the engine cannot run it. Without -t, Ctrl-C leaves the command running, as with docker exec. " +
    VIRTUAL_MACHINES,
  load: async () => (await import("../commands/exec.ts")).exec,
  parameters: {
    flags: {
      interactive: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Pass standard input on to the command",
      },
      tty: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Give the command a terminal",
      },
      ...person,
      env: {
        kind: "parsed",
        parse: asTyped,
        optional: true,
        variadic: true,
        placeholder: "KEY=VALUE",
        brief:
          "A variable for the command, or KEY to pass on your own; recorded nowhere; may be repeated",
      },
    },
    aliases: { i: "interactive", t: "tty", u: "user", w: "workdir", e: "env" },
    positional: { kind: "array", parameter: containerSpawnId },
  },
});

const shell = defineRoute<{ user?: string; workdir?: string }, [spawnId: string]>({
  usage: ["shell SPAWN_ID [--user USER] [--workdir PATH]"],
  brief: ACCESS_BRIEFS.shell,
  description:
    "bash, or sh if the container has no bash. Without a terminal, the shell reads its commands from standard input. " +
    VIRTUAL_MACHINES,
  load: async () => (await import("../commands/shell.ts")).shell,
  parameters: {
    flags: person,
    aliases: { u: "user", w: "workdir" },
    positional: { kind: "tuple", parameters: [containerSpawnId] },
  },
});

const ports = defineRoute<NoFlags, [spawnId: string]>({
  usage: ["ports SPAWN_ID"],
  brief: ACCESS_BRIEFS.ports,
  load: async () => (await import("../commands/ports.ts")).ports,
  parameters: { positional: { kind: "tuple", parameters: [liveSpawnId] } },
});

const sshConfig = defineRoute<{ user?: string; workspace?: string }, string[]>({
  usage: [
    "ssh-config [SPAWN_ID...] [--user USER]",
    "ssh-config --workspace WORKSPACE [--user USER]",
  ],
  brief: ACCESS_BRIEFS["ssh-config"],
  description:
    "A block for each spawn, by its id, or for all live virtual machines: slipway ssh-config > slipway.ssh; ssh -F slipway.ssh SPAWN_ID. The user depends on the image, which Slipway does not know: name it with --user.",
  load: async () => (await import("../commands/ssh-config.ts")).sshConfig,
  parameters: {
    flags: {
      user: {
        kind: "parsed",
        parse: asTyped,
        optional: true,
        placeholder: "USER",
        brief: "The user to log in as (default: none, so ssh decides)",
      },
      workspace: {
        kind: "parsed",
        parse: asTyped,
        optional: true,
        placeholder: "WORKSPACE",
        brief: "Only the live spawns of this workspace",
        proposeCompletions(this: CliContext) {
          return proposeNames(this, "workspace");
        },
      },
    },
    aliases: { u: "user" },
    positional: { kind: "array", parameter: virtualMachineSpawnId },
  },
});

/** The commands that reach into running machines. */
export const accessRoutes: Readonly<Record<keyof typeof ACCESS_BRIEFS, CommandRoute>> = {
  exec,
  shell,
  ports,
  "ssh-config": sshConfig,
};
