/** `npm run bench -- [NAME…]`: one line a figure: name, ratio (with its target), both medians, runs. */
import type { Benchmark } from "./figure.ts";

const BENCHMARKS: Readonly<Record<string, () => Promise<{ readonly benchmark: Benchmark }>>> = {
  help: () => import("./help.ts"),
  catalog: () => import("./catalog.ts"),
  "ec2-stand-in": () => import("./ec2-stand-in.ts"),
  "docker-spawn": () => import("./docker-spawn.ts"),
  "ec2-spawn": () => import("./ec2-spawn.ts"),
  "ec2-resolve": () => import("./ec2-resolve.ts"),
  "gce-spawn": () => import("./gce-spawn.ts"),
  "gce-resolve": () => import("./gce-resolve.ts"),
  ledger: () => import("./ledger.ts"),
  "docker-pull": () => import("./docker-pull.ts"),
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => !Object.hasOwn(BENCHMARKS, name));
if (unknown.length > 0) {
  console.error(
    `no benchmark ${unknown.join(", ")}; there are ${Object.keys(BENCHMARKS).join(", ")}`,
  );
  process.exit(2);
}
for (const [name, load] of Object.entries(BENCHMARKS)) {
  if (names.length > 0 && !names.includes(name)) continue;
  const { benchmark } = await load();
  for (const figure of await benchmark.run()) {
    const { ratio, target, medians, runs } = figure;
    const limit = target === null ? "" : ` (at most ${target}${ratio <= target ? "" : ", MISSED"})`;
    const [ours, theirs] = medians.map((median) => `${median.toFixed(2)} ${figure.unit ?? "ms"}`);
    console.log(`${figure.name}  ${ratio.toFixed(3)}${limit}  ${ours} / ${theirs}  ${runs} runs`);
  }
}
