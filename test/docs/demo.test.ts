import { describe, expect, it } from "vitest";
import { engineObstacle, spawnObstacle } from "../../scripts/demo/obstacles.ts";

function refusal(...failed: readonly string[]): string {
  const passed = { name: "link.image", outcome: "passed", message: "image hello exists" };
  const checks = failed.map((name) => ({ name, outcome: "failed", message: `${name} is wrong` }));
  return JSON.stringify({ error: { reason: "CHECKS_FAILED", checks: [passed, ...checks] } });
}

describe("what keeps the demo from booting", () => {
  it("is nothing where the plan was made", () => {
    expect(engineObstacle("")).toBeNull();
  });

  it.each(["engine.reachable", "engine.version", "engine.platform"])("is %s", (name) => {
    expect(engineObstacle(refusal(name))).toBe(`${name} is wrong.`);
  });

  it("is not excused if the registry is at fault too: the demo fails", () => {
    expect(engineObstacle(refusal("engine.reachable", "image.manifest"))).toBeNull();
    expect(engineObstacle(refusal("image.manifest"))).toBeNull();
    expect(engineObstacle(refusal())).toBeNull();
  });

  it("is an engine elsewhere, which does not reach this machine's loopback", () => {
    const spawn = { state: "failed", error: { reason: "REGISTRY_UNAVAILABLE" } };
    expect(spawnObstacle(JSON.stringify(spawn), "127.0.0.1:5000")).toContain("127.0.0.1:5000");
  });

  it("does not include other failures of a spawn", () => {
    expect(spawnObstacle(JSON.stringify({ error: { reason: "PULL_FAILED" } }), "x")).toBeNull();
    expect(spawnObstacle(JSON.stringify({ error: null }), "x")).toBeNull();
  });
});
