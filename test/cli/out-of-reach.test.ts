/** Providers that cannot be reached: what a person sees, and how soon. */
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { startEc2 } from "../../testing/ec2/index.ts";
import { ec2Cli, setWorkspaceRecords } from "./support/ec2-cli.ts";
import { gceCli } from "./support/gce-cli.ts";

const ACCOUNT = "123456789012";
const SLOW = { timeout: 120_000 };
/**
 * Milliseconds, with the start of the process on a busy machine. A provider that was reached before is called for two
 * minutes; `test/unit/spawner/first-contact.test.ts` has the exact times, on a fake clock.
 */
const SOON = 30_000;
const UNKNOWN_HOST = "http://no-such-host.invalid:80";

/** An address at which nothing listens. */
async function closedPort(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address: AddressInfo | string | null = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return `http://127.0.0.1:${address.port}`;
}

/** The command line on EC2 with a running spawn `one`. */
async function ec2Scene() {
  const ec2 = await startEc2({ rates: "off", timing: { pendingMs: 20, endingMs: 20 } });
  const region = ec2.region("us-east-1", ACCOUNT);
  const subnetIds = [region.subnets["us-east-1a"] ?? ""];
  const groupId = region.securityGroupId;
  const place = { account: ACCOUNT, subnetIds, groupId, imageId: region.images.x86_64 };
  const cli = ec2Cli(ec2.url, place);
  await setWorkspaceRecords(cli, place);
  await cli.run(["spawn", "agent-dev", "--id", "one"]);
  /** Runs a command whose EC2 is at this address. */
  const runAt = async (url: string, ...argv: readonly string[]) => {
    const environment = {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: ACCOUNT,
      AWS_SECRET_ACCESS_KEY: "test",
      NO_PROXY: "*",
    };
    const began = Date.now();
    const ran = await cli.catalog.runProcess(argv, { environment });
    return { ...ran, took: Date.now() - began };
  };
  return {
    cli,
    runAt,
    async [Symbol.asyncDispose]() {
      cli[Symbol.dispose]();
      await ec2.close();
    },
  };
}

describe("an EC2 endpoint", () => {
  it.each([
    ["refuses connections", closedPort, "ECONNREFUSED"],
    ["has an unknown name", async () => UNKNOWN_HOST, "no-such-host.invalid"],
  ])(
    "that %s is reported soon, and the next command finishes the work",
    SLOW,
    async (_how, at, words) => {
      await using here = await ec2Scene();
      const ended = await here.runAt(await at(), "terminate", "one");
      expect(ended).toMatchObject({ exitCode: 7, stdout: "" });
      expect(ended.took).toBeLessThan(SOON);
      expect(ended.stderr).toContain("one: terminating: termination requested\n");
      expect(ended.stderr).toContain("slipway: UNAVAILABLE: spawn one stays terminating");
      expect(ended.stderr).toContain(words);
      expect(ended.stderr).toContain("Run `slipway terminate one` or `slipway recover`");

      expect(await here.cli.json(["recover"])).toMatchObject([
        { spawn_id: "one", state: "terminated" },
      ]);
    },
  );

  it("that refuses connections delays no other command either", SLOW, async () => {
    await using here = await ec2Scene();
    const closed = await closedPort();
    const spawned = await here.runAt(closed, "spawn", "agent-dev", "--id", "two");
    expect(spawned).toMatchObject({ exitCode: 7 });
    const shown = await here.runAt(closed, "describe", "one", "-o", "json");
    expect(shown).toMatchObject({ exitCode: 0 });
    const listed = await here.runAt(closed, "list", "--refresh", "-o", "json");
    expect(listed).toMatchObject({ exitCode: 7 });
    const printed = await here.runAt(closed, "logs", "one");
    expect(printed).toMatchObject({ exitCode: 7 });
    const swept = await here.runAt(closed, "sweep", "-o", "json");
    expect(swept).toMatchObject({ exitCode: 7 });
    for (const { took } of [spawned, shown, listed, printed, swept])
      expect(took).toBeLessThan(SOON);
  });
});

describe("a Compute Engine endpoint", () => {
  it(
    "that refuses connections is reported soon, and the spawn stays terminating",
    SLOW,
    async () => {
      await using here = await gceCli();
      await here.json("spawn", "dev", "--id", "one");
      const environment = {
        CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${await closedPort()}/compute/v1/`,
      };
      const began = Date.now();
      const { exitCode, error } = await here.refused(["terminate", "one"], { environment });
      expect(Date.now() - began).toBeLessThan(SOON);
      expect({ exitCode, code: error.code }).toEqual({ exitCode: 7, code: "UNAVAILABLE" });
      expect(await here.json("list")).toMatchObject([{ state: "terminating" }]);
      expect(await here.json("terminate", "one")).toMatchObject({ state: "terminated" });
    },
  );
});
