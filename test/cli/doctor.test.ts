import { mkdirSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describeWithEngine } from "../support/peers.ts";
import { scratchFolder } from "../support/scratch.ts";
import { slipwayProcess } from "./support/slipway-process.ts";

describeWithEngine("slipway doctor with a real engine", ({ host }) => {
  it("finds the engine of the current Docker context, and leaves nothing behind", async () => {
    using home = scratchFolder();
    const folder = join(home.path, ".docker");
    const id = createHash("sha256").update("lab").digest("hex");
    const context = join(folder, "contexts", "meta", id);
    mkdirSync(context, { recursive: true });
    writeFileSync(join(folder, "config.json"), '{"currentContext": "lab"}');
    const meta = { Name: "lab", Endpoints: { docker: { Host: host } } };
    writeFileSync(join(context, "meta.json"), JSON.stringify(meta));
    const ran = await slipwayProcess(["doctor", "--quiet"], {
      environment: { HOME: home.path, DOCKER_HOST: "", DOCKER_CONTEXT: "", XDG_DATA_HOME: "" },
    });
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    expect(ran.stdout).toContain(`ok       engine    ${host} (Docker context "lab"): Docker `);
    expect(ran.stdout).toMatch(/Docker \d+\.\S+ \(API 1\.\d+\), linux\/\w+/);
    expect(ran.stdout).toContain(`ok       clock     this machine's clock agrees with that of`);
    expect(ran.stdout).toMatch(/\n\n1 warning\n$/);
  });
});
