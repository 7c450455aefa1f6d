import { describe, expect, it } from "vitest";
import {
  infoReply,
  readReply,
  versionReply,
} from "../../../../../adapters/docker/client/replies.ts";
import { mergeConfiguration } from "../../../../../adapters/docker/preflight/container-configuration.ts";
import { guestChecks } from "../../../../../adapters/docker/preflight/guest-checks.ts";
import { optionChecks } from "../../../../../adapters/docker/preflight/option-checks.ts";
import { dockerDraft } from "../../../../support/docker-plan.ts";
import type { DraftChanges } from "../../../../support/docker-plan.ts";
import { infoAnswer, versionAnswer } from "../../../../support/fake-engine.ts";

const INFO = {
  Plugins: { Volume: ["local"], Log: ["json-file", "journald"] },
  Runtimes: { runc: {}, "io.containerd.runc.v2": {} },
  SecurityOptions: ["name=seccomp,profile=default"],
};

function engineOf(info: object, isPodman: boolean) {
  const Components = isPodman ? [{ Name: "Podman Engine" }] : [];
  return {
    info: readReply(infoReply, infoAnswer({ ...INFO, ...info }), "itself"),
    version: readReply(versionReply, versionAnswer({ Components }), "its version"),
    controllers: null,
  };
}

interface Case {
  readonly target?: DraftChanges["target"];
  readonly container?: NonNullable<DraftChanges["shape"]>["container"];
  readonly info?: object;
  readonly podman?: boolean;
}

function judge({ target = {}, container = {}, info = {}, podman = false }: Case) {
  const draft = dockerDraft({ target, shape: { container } });
  return optionChecks(draft, engineOf(info, podman)).map(
    ({ name, outcome }) => `${name} ${outcome}`,
  );
}

const PROFILE = 'seccomp={"defaultAction":"SCMP_ACT_ALLOW"}';

describe("the options on this engine", () => {
  it.each<readonly [string, Case, readonly string[]]>([
    ["none", {}, []],
    ["a bind mount", { target: { volumes: ["/srv:/srv"] } }, ["volumes.bind skipped"]],
    [
      "a named and an anonymous volume",
      { target: { volumes: ["cache:/cache", "/scratch"] } },
      ["volumes.kept passed", "volumes.removed passed"],
    ],
    ["a listed volume driver", { target: { volumeDriver: "local" } }, ["volumes.driver passed"]],
    ["another volume driver", { target: { volumeDriver: "nfs" } }, ["volumes.driver warning"]],
    [
      "a volume driver on an engine that lists none",
      { target: { volumeDriver: "nfs" }, info: { Plugins: null } },
      ["volumes.driver skipped"],
    ],
    [
      "a volume driver on Podman",
      { target: { volumeDriver: "nfs" }, podman: true },
      ["volumes.driver warning"],
    ],
    [
      "a listed logging driver",
      { target: { logging: { driver: "journald" } } },
      ["logging.driver passed"],
    ],
    [
      "another logging driver",
      { target: { logging: { driver: "loki" } } },
      ["logging.driver warning"],
    ],
    ["no log", { target: { logging: { driver: "none" } } }, ["logging.driver warning"]],
    ["only options of the log", { target: { logging: { options: { tag: "a" } } } }, []],
    [
      "Docker's logging driver on Podman",
      {
        target: { logging: { driver: "json-file" } },
        info: { Plugins: { Log: ["k8s-file"] } },
        podman: true,
      },
      ["logging.driver passed"],
    ],
    ["a runtime", { target: { runtime: "runc" } }, ["engine.runtime passed"]],
    ["a shim's name", { target: { runtime: "io.containerd.kata.v2" } }, ["engine.runtime passed"]],
    ["an absent runtime", { target: { runtime: "runsc" } }, ["engine.runtime failed"]],
    [
      "a runtime on Podman",
      { target: { runtime: "runsc" }, podman: true },
      ["engine.runtime warning"],
    ],
    ["a device", { target: { devices: ["/dev/fuse"] } }, ["devices.host skipped"]],
    ["a CDI device", { target: { devices: ["acme.com/x=0"] } }, ["devices.cdi warning"]],
    [
      "a CDI device with CDI",
      { target: { devices: ["acme.com/x=0"] }, info: { CDISpecDirs: ["/etc/cdi"] } },
      ["devices.cdi passed"],
    ],
    ["GPUs", { container: { gpus: [{}] } }, ["engine.gpus warning"]],
    [
      "GPUs with NVIDIA's runtime",
      { container: { gpus: [{}] }, info: { Runtimes: { nvidia: {} } } },
      ["engine.gpus passed"],
    ],
    [
      "GPUs with CDI",
      { container: { gpus: [{}] }, info: { CDISpecDirs: ["/etc/cdi"] } },
      ["engine.gpus skipped"],
    ],
    ["GPUs on Podman", { container: { gpus: [{}] }, podman: true }, ["engine.gpus warning"]],
    [
      "AppArmor without it",
      { container: { securityOpt: ["apparmor=mine"] } },
      ["security.apparmor warning"],
    ],
    [
      "AppArmor",
      {
        container: { securityOpt: ["apparmor=mine"] },
        info: { SecurityOptions: ["name=apparmor"] },
      },
      [],
    ],
    ["no SELinux label", { container: { securityOpt: ["label=disable"] } }, []],
    [
      "an SELinux label without it",
      { container: { securityOpt: ["label=type:x"] } },
      ["security.selinux warning"],
    ],
    ["a seccomp profile", { container: { securityOpt: [PROFILE] } }, []],
    [
      "a seccomp profile without seccomp",
      { container: { securityOpt: [PROFILE] }, info: { SecurityOptions: [] } },
      ["security.seccomp failed"],
    ],
    [
      "open system paths on Podman",
      { container: { securityOpt: ["systempaths=unconfined"] }, podman: true },
      ["security.systempaths warning"],
    ],
    ["a privileged container", { target: { privileged: true } }, ["container.privileged warning"]],
    [
      "capabilities on a rootless engine",
      { container: { capAdd: ["NET_ADMIN"] }, info: { SecurityOptions: ["name=rootless"] } },
      ["engine.rootless warning"],
    ],
  ])("%s", (_what, given, checks) => {
    expect(judge(given)).toEqual(checks);
  });
});

describe("the mounts of a container", () => {
  const failedChecks = (changes: DraftChanges) => {
    const draft = dockerDraft(changes);
    const { container } = mergeConfiguration(draft, {});
    return guestChecks(draft, container)
      .filter(({ outcome }) => outcome === "failed")
      .map(({ name }) => name);
  };
  const file = { secret: "KEY", env: null, path: "/data/keys/one", mode: "0400" };

  it("have different targets", () => {
    const target = { volumes: ["cache:/tmp/"] };
    expect(failedChecks({ target, shape: { container: { tmpfs: ["/tmp:size=1m"] } } })).toEqual([
      "mounts.unique",
    ]);
    expect(failedChecks({ target, shape: { container: { tmpfs: ["/run"] } } })).toEqual([]);
  });

  it.each([
    { target: { volumes: ["cache:/data"] } },
    { target: { volumes: ["/srv:/data/keys/"] } },
    { shape: { container: { tmpfs: ["/data"] } } },
  ])("do not cover a secret's file: %j", (changes) => {
    const guest = { runtimeSecretMounts: [file] };
    expect(failedChecks({ ...changes, guest })).toEqual(["files.visible"]);
  });

  it("may be beside a secret's file", () => {
    const guest = { runtimeSecretMounts: [file] };
    expect(failedChecks({ target: { volumes: ["cache:/database"] }, guest })).toEqual([]);
  });
});
