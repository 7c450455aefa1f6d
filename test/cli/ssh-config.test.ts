import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderSshConfig, sshHostOf } from "../../src/cli/output/ssh-config.ts";
import type { SshHost } from "../../src/cli/output/ssh-config.ts";
import { isSlipwayError } from "../../src/errors.ts";
import type { Spawn } from "../../src/ledger/spawn-record.ts";
import { describeWithSsh } from "../support/peers.ts";
import { scratchFolder } from "../support/scratch.ts";
import { runInMemory } from "../unit/cli/support/command-line.ts";
import { fakeSlipway, sampleSpawn } from "../unit/cli/support/fake-slipway.ts";
import { samplePlan } from "../support/sample-plan.ts";

const HOST: SshHost = {
  alias: "one",
  address: "192.0.2.7",
  port: 22,
  user: null,
  keyAlias: "i-0123456789abcdef0",
};

/** A spawn on EC2 with these addresses. */
function onEc2(spawnId: string, addresses: NonNullable<Spawn["machine"]>["addresses"]): Spawn {
  const { machine } = sampleSpawn();
  return sampleSpawn({
    spawnId,
    substrate: "AWS",
    machine: machine === null ? null : { ...machine, id: `i-${spawnId}`, addresses },
  });
}

/** Null if the name is refused. */
function configWith(keyAlias: string): string | null {
  try {
    return renderSshConfig([{ ...HOST, keyAlias }]);
  } catch (caught) {
    if (isSlipwayError(caught)) return null;
    throw caught;
  }
}

function slipwayWith(...spawns: readonly Spawn[]) {
  return fakeSlipway({
    listSpawns: async () => spawns,
    describeSpawn: async (spawnId) => ({
      ...(spawns.find((spawn) => spawn.spawnId === spawnId) ?? sampleSpawn({ spawnId })),
      plan: samplePlan(),
      events: [],
    }),
  });
}

describe("ssh-config", () => {
  const open = onEc2("open", { private: "10.0.0.2", public: "192.0.2.7" });
  const inner = onEc2("inner", { private: "10.0.0.3", public: null });
  const booting = onEc2("booting", { private: null, public: null });

  it("prints a block for each live virtual machine with an address", async () => {
    const slipway = slipwayWith(open, inner, booting, sampleSpawn({ spawnId: "container" }));
    const ran = await runInMemory(["ssh-config", "-u", "ubuntu"], { slipway });
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    expect(ran.stdout).toBe(
      [
        "Host open",
        "  HostName 192.0.2.7",
        "  HostKeyAlias i-open",
        "  Port 22",
        "  User ubuntu",
        "",
        "Host inner",
        "  HostName 10.0.0.3",
        "  HostKeyAlias i-inner",
        "  Port 22",
        "  User ubuntu",
        "",
      ].join("\n"),
    );
  });

  it("prints the same for programs", async () => {
    const ran = await runInMemory(["ssh-config", "open", "-o", "json"], {
      slipway: slipwayWith(open),
    });
    expect(JSON.parse(ran.stdout)).toEqual([
      {
        spawn_id: "open",
        host_name: "192.0.2.7",
        port: 22,
        user: null,
        host_key_alias: "i-open",
      },
    ]);
  });

  it.each([
    [["container"], 1, "slipway shell container"],
    [["booting"], 3, "spawn booting is running and has no address"],
    [["open", "--workspace", "w"], 2, "mutually exclusive"],
    [["open", "--user", "me ProxyCommand=id"], 2, "is not a user's name"],
    [["open", "--user", "-oProxyCommand=id"], 2, ""],
  ])("refuses %j", async (words, exitCode, message) => {
    const ran = await runInMemory(["ssh-config", ...words], {
      slipway: slipwayWith(open, booting),
    });
    expect(ran).toMatchObject({ exitCode, stdout: "" });
    expect(ran.stderr).toContain(message);
  });

  it.each<Partial<SshHost>>([
    { alias: "*" },
    { alias: "one two" },
    { alias: "one\nProxyCommand id" },
    { alias: "-one" },
    { alias: "!one" },
    { address: "host.example" },
    { address: "%h" },
    { address: "192.0.2.7 " },
    { keyAlias: 'a"b' },
    { keyAlias: "~/x" },
    { user: "a#b" },
    { user: "${HOME}" },
  ])("prints nothing that ssh could take for something else: %j", (changes) => {
    expect(() => renderSshConfig([{ ...HOST, ...changes }])).toThrow(
      /cannot be written to a config/,
    );
  });

  it("has the id of the machine for its key", () => {
    const { machine } = sampleSpawn();
    const id = "projects/example.com:agents/zones/z/instances/one-1";
    const spawn = sampleSpawn({
      machine:
        machine === null
          ? null
          : { ...machine, id, addresses: { private: null, public: null, ipv6: "2001:db8::1" } },
    });
    expect(sshHostOf(spawn, null)).toMatchObject({ keyAlias: id, address: "2001:db8::1" });
  });
});

describeWithSsh("what ssh reads", ({ binary }) => {
  const read = async (config: string, alias: string) => {
    using folder = scratchFolder();
    const file = join(folder.path, "config");
    await writeFile(file, config);
    const { stdout } = await promisify(execFile)(binary, ["-G", "-F", file, alias]);
    return new Map(
      stdout.split("\n").map((line): [string, string] => {
        const [name = "", ...value] = line.split(" ");
        return [name, value.join(" ")];
      }),
    );
  };

  it("is the machine's address, port, user and key, for this name alone", async () => {
    const other = { ...HOST, alias: "two", address: "2001:db8::1", user: "me" };
    const config = renderSshConfig([
      { ...HOST, user: "ubuntu", keyAlias: "projects/example.com:a/zones/z/instances/one-1" },
      other,
    ]);
    const one = await read(config, "one");
    expect(one.get("hostname")).toBe("192.0.2.7");
    expect(one.get("port")).toBe("22");
    expect(one.get("user")).toBe("ubuntu");
    expect(one.get("hostkeyalias")).toBe("projects/example.com:a/zones/z/instances/one-1");
    const two = await read(config, "two");
    expect([two.get("hostname"), two.get("user")]).toEqual(["2001:db8::1", "me"]);
    const three = await read(config, "three");
    expect([three.get("hostname"), three.has("hostkeyalias")]).toEqual(["three", false]);
  });

  it("is never changed by a name from outside", async () => {
    const text = fc.string({ unit: "grapheme", minLength: 1 });
    const hostile = fc.oneof(
      text,
      text.map((part) => `one${part}`),
      text.map((part) => `one\n${part}`),
    );
    await fc.assert(
      fc.asyncProperty(hostile, async (keyAlias) => {
        const config = configWith(keyAlias);
        if (config === null) return;
        const found = await read(config, "one");
        // ssh prints it in lower case.
        expect(found.get("hostkeyalias")).toBe(keyAlias.toLowerCase());
        expect(found.get("hostname")).toBe(HOST.address);
      }),
      { numRuns: 30 },
    );
  });
});
