/** Providers that cannot be reached: what a person sees, and how soon. */
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundledCommandLine } from "./support/bundle.ts";
import type { Bundle } from "./support/bundle.ts";
import { PROVIDERS, reachableCli } from "./support/reachable-cli.ts";

const SLOW = { timeout: 120_000 };
/**
 * Milliseconds, with the start of the published program on a busy machine. A provider that was reached before is called for two
 * minutes; `test/unit/spawner/first-contact.test.ts` has the exact times, on a fake clock.
 */
const SOON = 5_000;

let bundle: Bundle;
beforeAll(async () => {
  bundle = await bundledCommandLine();
});
afterAll(() => bundle[Symbol.dispose]());

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

const ADDRESSES = [
  ["refuses connections", closedPort, "ECONNREFUSED"],
  ["has an unknown name", async () => "http://no-such-host.invalid:80", "no-such-host.invalid"],
] as const;

const COMMANDS = [
  [7, "resolve", "dev"],
  [7, "spawn", "dev", "--id", "two"],
  [7, "list", "--refresh"],
  [7, "logs", "one"],
  [7, "sweep"],
  [0, "describe", "one"],
  [7, "terminate", "one"],
] as const;

describe.each(Object.keys(PROVIDERS).filter(isProvider))("a provider out of reach: %s", (name) => {
  it.each(ADDRESSES)(
    "that %s is reported soon by terminate, and the next command finishes the work",
    SLOW,
    async (_how, at, words) => {
      await using here = await reachableCli(name, bundle.program);
      const ended = await here.runAt(await at(), "terminate", "one");
      expect(ended).toMatchObject({ exitCode: 7, stdout: "" });
      expect(ended.milliseconds).toBeLessThan(SOON);
      expect(ended.stderr).toContain("one: terminating: termination requested\n");
      expect(ended.stderr).toContain("slipway: UNAVAILABLE: spawn one stays terminating");
      expect(ended.stderr).toContain(words);
      expect(ended.stderr).toContain("Run `slipway terminate one` or `slipway recover`");

      expect(await here.json("recover")).toMatchObject([{ spawn_id: "one", state: "terminated" }]);
    },
  );

  it("that refuses connections delays no command", SLOW, async () => {
    await using here = await reachableCli(name, bundle.program);
    const address = await closedPort();
    for (const [exitCode, ...argv] of COMMANDS) {
      const ran = await here.runAt(address, ...argv);
      expect([argv, ran.exitCode]).toEqual([argv, exitCode]);
      expect([argv, Math.max(SOON, ran.milliseconds)]).toEqual([argv, SOON]);
    }
  });
});

function isProvider(name: string): name is keyof typeof PROVIDERS {
  return name in PROVIDERS;
}
