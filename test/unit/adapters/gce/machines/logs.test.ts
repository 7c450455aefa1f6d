import { describe, expect, it } from "vitest";
import { GceCallFailure } from "../../../../../adapters/gce/errors/failure.ts";
import { machineLogs } from "../../../../../adapters/gce/machines/logs.ts";
import type { LogPorts } from "../../../../../adapters/gce/machines/logs.ts";
import { instanceReply } from "../../../../../adapters/gce/client/replies.ts";
import { caughtError } from "../../../../support/caught.ts";

const ID = "projects/agents/zones/us-central1-a/instances/a";
const { signal } = new AbortController();

function refusal(status: number, code: string): GceCallFailure {
  const outcome = "refused";
  return new GceCallFailure({
    outcome,
    message: "no",
    status,
    codes: [code],
    retryAfterSeconds: null,
  });
}

/** A machine whose port answers in turn; then there is no machine. */
function portsOf(
  answers: readonly (string | GceCallFailure)[],
  status = "RUNNING",
): LogPorts & { readonly starts: readonly (number | undefined)[] } {
  const left = [...answers];
  const starts: (number | undefined)[] = [];
  return {
    starts,
    api: {
      instance: () => Promise.resolve(instanceReply.parse({ id: "1", name: "a", status })),
      serialOutput({ start = 0 }) {
        starts.push(start);
        const answer = left.shift() ?? refusal(404, "notFound");
        if (answer instanceof GceCallFailure) return Promise.reject(answer);
        const next = start + Buffer.byteLength(answer);
        return Promise.resolve({ contents: answer, start, next });
      },
    },
    sleep: () => Promise.resolve(),
  };
}

async function textOf(ports: LogPorts, follow: boolean, tail: number | null): Promise<string> {
  const pieces = await Array.fromAsync(machineLogs(ports, ID, { follow, tail }, signal));
  return Buffer.concat(pieces).toString();
}

describe("machineLogs", () => {
  it.each<readonly [string, number | null, string]>([
    ["a\nb\nc\n", null, "a\nb\nc\n"],
    ["a\nb\nc\n", 1, "c\n"],
    ["a\nb\nc\n", 2, "b\nc\n"],
    ["a\nb\nc", 1, "c"],
    ["a\r\nlogin: ", 1, "login: "],
    ["a\nb\n", 9, "a\nb\n"],
    ["\na\n", 2, "\na\n"],
    ["\n", 1, "\n"],
    ["a\n", 0, ""],
    ["", 3, ""],
  ])("of %j gives the last lines (%j): %j", async (text, tail, expected) => {
    expect(await textOf(portsOf([text]), false, tail)).toBe(expected);
  });

  it("goes on from where it was, in bytes", async () => {
    const ports = portsOf(["grüße\n", "", "mehr\n"]);
    expect(await textOf(ports, true, null)).toBe("grüße\nmehr\n");
    expect(ports.starts).toEqual([0, 8, 8, 13]);
  });

  it("waits for a machine that has no port to read yet", async () => {
    const notReady = refusal(400, "resourceNotReady");
    expect(await textOf(portsOf([notReady, notReady, "up\n"]), true, null)).toBe("up\n");
    expect(await textOf(portsOf([notReady]), false, null)).toBe("");
  });

  it("ends when a silent machine is seen to have stopped", async () => {
    const silence = Array.from({ length: 9 }, () => "");
    const ports = portsOf(["last words\n", ...silence], "TERMINATED");
    expect(await textOf(ports, true, null)).toBe("last words\n");
    expect(ports.starts).toHaveLength(6);
  });

  it("fails for a machine that is not there, and for what can be none's id", async () => {
    const missing = { code: "NOT_FOUND", reason: "MACHINE_NOT_FOUND" };
    expect(await caughtError(() => textOf(portsOf([]), false, null))).toMatchObject(missing);
    const logs = machineLogs(portsOf(["a"]), "i-1", { follow: false, tail: null }, signal);
    expect(await caughtError(() => Array.fromAsync(logs))).toMatchObject(missing);
  });
});
