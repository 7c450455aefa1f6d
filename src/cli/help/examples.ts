import type { ACCESS_BRIEFS, CATALOG_BRIEFS, SPAWN_BRIEFS, TOOL_BRIEFS } from "./command-list.ts";

type CommandName =
  | keyof typeof CATALOG_BRIEFS
  | keyof typeof SPAWN_BRIEFS
  | keyof typeof ACCESS_BRIEFS
  | keyof typeof TOOL_BRIEFS;

/** One example of each command, without the program's name. */
export const EXAMPLES: Readonly<Record<CommandName, string>> = {
  apply: "apply -f records/ --dry-run",
  diff: "diff -f records.yaml",
  export: "export > records.yaml",
  set: "set image -f agent-base.yaml",
  patch: "patch image agent-base --set aws.ami_ids.us-east-1=ami-0abc123def4567890",
  get: "get workspaces",
  delete: "delete workspace agent-dev",
  explain: "explain workspace.repos",
  history: "history image agent-base",
  secrets: "secrets rotate-key",
  resolve: "resolve agent-dev -o table",
  spawn: "spawn agent-dev --count 20 --label burst=b1",
  list: "list --workspace agent-dev --since 2h",
  describe: "describe agent-dev-1",
  logs: "logs agent-dev-1 --follow",
  terminate: "terminate --workspace agent-dev",
  watch: "watch agent-dev-1",
  recover: "recover",
  sweep: "sweep --dry-run",
  prune: "prune --older-than 30d --dry-run",
  doctor: "doctor --placement us-east",
  exec: "exec agent-dev-1 -- ps aux",
  shell: "shell agent-dev-1",
  ports: "ports agent-dev-1",
  "ssh-config": "ssh-config --user ubuntu > slipway.ssh",
  inspect: "inspect ghcr.io/acme/agent:v1 --platform linux/arm64",
  fake: "fake ec2 --apply",
  context: "context set staging --database ~/staging.db --tenant acme",
  completion: "completion bash",
  help: "help spawn",
  version: "version",
};

export function exampleOf(command: string): string | null {
  return Object.entries(EXAMPLES).find(([name]) => name === command)?.[1] ?? null;
}
