import type { Benchmark } from "./figure.ts";

/** By name, in the order of the table. Docker's engine stays busy for a while after a benchmark, so it comes last. */
export const BENCHMARKS: Readonly<
  Record<string, () => Promise<{ readonly benchmark: Benchmark }>>
> = {
  help: () => import("./help.ts"),
  catalog: () => import("./catalog.ts"),
  "ec2-resolve": () => import("./ec2-resolve.ts"),
  "ec2-spawn": () => import("./ec2-spawn.ts"),
  "ec2-fake": () => import("./ec2-fake.ts"),
  "gce-resolve": () => import("./gce-resolve.ts"),
  "gce-spawn": () => import("./gce-spawn.ts"),
  input: () => import("./input.ts"),
  queue: () => import("./queue.ts"),
  ledger: () => import("./ledger.ts"),
  list: () => import("./list.ts"),
  prune: () => import("./prune.ts"),
  burst: () => import("./burst.ts"),
  "burst-memory": () => import("./burst-memory.ts"),
  "docker-spawn": () => import("./docker-spawn.ts"),
  "docker-pull": () => import("./docker-pull.ts"),
  "docker-burst": () => import("./docker-burst.ts"),
};
