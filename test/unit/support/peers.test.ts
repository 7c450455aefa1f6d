import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Peer, findPeers, verdictWithoutPeer } from "../../support/peers.ts";
import { scratchFolder } from "../../support/scratch.ts";

function reasonOf(peer: Peer<unknown>): string {
  return peer.present ? "present" : peer.reason;
}

async function program(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, "");
  await chmod(path, 0o755);
  return path;
}

describe("findPeers", () => {
  it("takes what the environment names", async () => {
    using folder = scratchFolder();
    const file = await program(folder.path, "file");
    const kernel = await program(folder.path, "vmlinuz");
    const disk = await program(folder.path, "disk.img");
    const peers = findPeers(
      {
        SLIPWAY_PEERS_DIR: folder.path,
        SLIPWAY_TEST_DOCKER_HOST: `unix://${file}`,
        SLIPWAY_TEST_REGISTRY_BINARY: file,
        SLIPWAY_TEST_HTPASSWD_BINARY: file,
        SLIPWAY_TEST_TINYPROXY_BINARY: file,
        SLIPWAY_TEST_DOCKERD_BINARY: file,
        SLIPWAY_TEST_PODMAN_BINARY: file,
        SLIPWAY_TEST_BUSYBOX_AMD64: file,
        SLIPWAY_TEST_BUSYBOX_ARM64: file,
        SLIPWAY_TEST_CLOUD_INIT_PYTHON: file,
        SLIPWAY_TEST_PYTHON: file,
        SLIPWAY_TEST_SSH_BINARY: file,
        SLIPWAY_TEST_QEMU_BINARY: file,
        SLIPWAY_TEST_GUEST: folder.path,
      },
      true,
    );
    expect(peers.engine).toEqual({
      present: true,
      value: { host: `unix://${file}`, socketPath: file, busybox: { amd64: file, arm64: file } },
    });
    expect(peers.registry).toEqual({
      present: true,
      value: { binary: file, htpasswdBinary: file },
    });
    expect(peers.proxy).toEqual({ present: true, value: { binary: file } });
    expect(peers.engineBinary).toEqual({ present: true, value: { binary: file } });
    expect(peers.podman).toEqual({ present: true, value: { binary: file } });
    expect(peers.cloudInit).toEqual({ present: true, value: { python: file } });
    expect(peers.guests).toEqual({ present: true, value: { python: file } });
    expect(peers.terminal).toEqual({ present: true, value: { python: file } });
    expect(peers.ssh).toEqual({ present: true, value: { binary: file } });
    expect(peers.virtualMachine).toEqual({
      present: true,
      value: { binary: file, kernel, disk, busybox: file },
    });
  });

  it("names what is missing and what to do", async () => {
    using folder = scratchFolder();
    const peers = findPeers({ SLIPWAY_PEERS_DIR: folder.path }, true);
    expect(reasonOf(peers.engine)).toMatch(/DOCKER_HOST is not set; run `scripts\/peers\.sh/);
    expect(reasonOf(peers.registry)).toMatch(/REGISTRY_BINARY is not set; run `scripts\/peers\.sh/);
  });

  it("does not take a path that is not there, nor a host that is not a socket", async () => {
    using folder = scratchFolder();
    const environment = {
      SLIPWAY_PEERS_DIR: folder.path,
      SLIPWAY_TEST_DOCKER_HOST: "tcp://127.0.0.1:2375",
      SLIPWAY_TEST_REGISTRY_BINARY: join(folder.path, "absent"),
    };
    const peers = findPeers(environment, true);
    expect(reasonOf(peers.engine)).toContain("tcp://127.0.0.1:2375");
    expect(reasonOf(peers.registry)).toContain("ENOENT");
  });

  it("starts engines and guests only as root", () => {
    const { engineBinary, guests } = findPeers({}, false);
    expect(reasonOf(engineBinary)).toBe("only root can start engines");
    expect(reasonOf(guests)).toBe("only root can boot guests in namespaces");
  });

  it("finds what scripts/peers.sh has started, while it runs", async () => {
    using folder = scratchFolder();
    const file = await program(folder.path, "file");
    const lines = ["REGISTRY", "HTPASSWD"].map((name) => {
      return `export SLIPWAY_TEST_${name}_BINARY=${file}\n`;
    });
    await writeFile(join(folder.path, "env"), lines.join(""));
    const find = (): string =>
      reasonOf(findPeers({ SLIPWAY_PEERS_DIR: folder.path }, true).registry);
    expect(find()).toContain("is not set");

    const stays = ["-e", "console.log('up'); setInterval(() => {}, 1e6)"];
    const engine = spawn(process.execPath, [...stays, `unix://${folder.path}/docker.sock`]);
    await once(engine.stdout, "data");
    await writeFile(join(folder.path, "docker.pid"), `${engine.pid}\n`);
    expect(find()).toBe("present");

    engine.kill("SIGKILL");
    await once(engine, "exit");
    expect(find()).toContain("is not set");
  });
});

describe("verdictWithoutPeer", () => {
  it.each([
    [{}, "skip"],
    [{ CI: "" }, "skip"],
    [{ CI: "false" }, "skip"],
    [{ CI: "true" }, "fail"],
    [{ CI: "1" }, "fail"],
  ] as const)("of %o is to %s", (environment, verdict) => {
    expect(verdictWithoutPeer(environment)).toBe(verdict);
  });
});
