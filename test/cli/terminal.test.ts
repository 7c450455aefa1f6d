import { expect, it } from "vitest";
import { startEc2 } from "../../testing/ec2/index.ts";
import { describeWithTerminal } from "../support/peers.ts";
import { KEYS } from "../support/pty.ts";
import { scratchCatalog } from "./support/scratch-catalog.ts";
import type { ScratchCatalog } from "./support/scratch-catalog.ts";

const ESC = "\u001B";

/** A workspace on a fake of EC2 whose machines boot for a while. */
async function ec2Scene(catalog: ScratchCatalog, pendingMs: number) {
  const ec2 = await startEc2({ rates: "off", timing: { pendingMs, endingMs: 20 } });
  const { images, subnets } = ec2.region("us-east-1", "123456789012");
  const records = {
    image: { architecture: "amd64", aws: { ami_ids: { "us-east-1": images.x86_64 } } },
    placement: {
      substrate: "AWS",
      target: {
        aws: {
          account_id: "123456789012",
          region: "us-east-1",
          subnet_ids: [subnets["us-east-1a"]],
          assign_public_ip: true,
        },
      },
    },
    workspace: { image_ref: "agent-dev", placement: "agent-dev" },
  };
  for (const [kind, record] of Object.entries(records))
    await catalog.must(["set", kind, "agent-dev"], {
      stdin: JSON.stringify({ name: "agent-dev", ...record }),
    });
  const environment = {
    AWS_ENDPOINT_URL: ec2.url,
    AWS_ACCESS_KEY_ID: "123456789012",
    AWS_SECRET_ACCESS_KEY: "test",
  };
  return { environment, [Symbol.asyncDispose]: () => ec2[Symbol.asyncDispose]() };
}

describeWithTerminal("a terminal", (terminal) => {
  it("shows progress on one line, and the table of spawns in a window of any width", async () => {
    using catalog = scratchCatalog();
    await using scene = await ec2Scene(catalog, 300);
    const { environment } = scene;
    const spawn = ["spawn", "agent-dev", "--id", "one", "-o", "name"];
    await using spawned = catalog.runOnTerminal(terminal, spawn, { columns: 40, environment });
    const { exitCode, output } = await spawned.ended;
    expect({ exitCode, screen: await spawned.screen() }).toEqual({ exitCode: 0, screen: ["one"] });
    const drawn = output.split("\r").filter((line) => line.startsWith(`${ESC}[2K`));
    expect(drawn.length).toBeGreaterThan(2);
    for (const line of drawn) expect(line.length - `${ESC}[2K`.length).toBeLessThan(40);

    const list = async (columns: number, variables = {}) => {
      await using pty = catalog.runOnTerminal(terminal, ["list"], {
        columns,
        environment: { ...environment, ...variables },
      });
      const { output: raw } = await pty.ended;
      return { raw, screen: await pty.screen() };
    };
    const wide = await list(200);
    expect(wide.screen[0]).toMatch(/^SPAWN +WORKSPACE +STATE +SUBSTRATE/);
    expect(wide.screen[1]).toMatch(/^one +agent-dev +running +AWS/);
    expect(wide.raw).toContain(`${ESC}[32mrunning${ESC}[39m`);
    const narrow = await list(40, { NO_COLOR: "1" });
    expect(narrow.screen.slice(0, 3)).toEqual([
      "SPAWN      one",
      "WORKSPACE  agent-dev",
      "STATE      running",
    ]);
    expect(narrow.raw).not.toContain(ESC);

    await using described = catalog.runOnTerminal(terminal, ["describe", "one", "--plan"], {
      columns: 40,
      environment: { ...environment, NO_COLOR: "1" },
    });
    const { output: raw } = await described.ended;
    // Of a check's and an event's lines, only words that are too long themselves are wider.
    const lines = raw.slice(raw.indexOf("CHECK ")).split("\r\n");
    expect(lines.filter((line) => line.length > 40 && / /.test(line.slice(11).trim()))).toEqual([]);
    expect(raw).toMatch(/\r\n {2}AT {5}\S{24}\r\n {2}STATE {2}pending\r\n {2}EVENT {2}plan\r\n/);
  });

  it("interrupts a spawn with Ctrl-C, and offers to cancel it", async () => {
    using catalog = scratchCatalog();
    await using scene = await ec2Scene(catalog, 60_000);
    const { environment } = scene;
    const spawn = ["spawn", "agent-dev", "--id", "one"];
    await using pty = catalog.runOnTerminal(terminal, spawn, { columns: 200, environment });
    await pty.waitFor("booting");
    pty.type(KEYS.ctrlC);
    await pty.waitFor("Press Ctrl-C again within 3 seconds");
    pty.type(KEYS.ctrlC);
    expect(await pty.ended).toMatchObject({ exitCode: 130, signal: null, echo: true, lines: true });
    const line = (await pty.screen()).find((text) => text.includes("CANCELLED"));
    expect(line).toMatch(/^(?:\^C)?slipway: CANCELLED: spawn one: cancelled; no machine is left/);
  });

  it("ends a watch with Ctrl-C, without a message", async () => {
    using catalog = scratchCatalog();
    await using scene = await ec2Scene(catalog, 20);
    const { environment } = scene;
    const ran = await catalog.must(["spawn", "agent-dev", "--id", "one"], { environment });
    // Without a terminal, every state is a plain line.
    for (const control of [ESC, "\r"]) expect(`${ran.stdout}${ran.stderr}`).not.toContain(control);
    for (const state of ["launching", "booting", "running"])
      expect(ran.stderr).toMatch(new RegExp(`^one: ${state}: .*$`, "m"));

    for (const watch of [
      ["watch", "one", "--since", "all"],
      ["list", "-w"],
    ]) {
      await using pty = catalog.runOnTerminal(terminal, watch, { columns: 200, environment });
      await pty.waitFor("running");
      pty.type(KEYS.ctrlC);
      const { output, ...end } = await pty.ended;
      expect(end).toEqual({ exitCode: 130, signal: null, echo: true, lines: true });
      expect(output).not.toContain("slipway:");
    }
  });
});
