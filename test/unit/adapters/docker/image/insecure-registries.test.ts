import { describe, expect, it } from "vitest";
import {
  insecureRegistries,
  needsTlsOnLoopback,
} from "../../../../../adapters/docker/image/insecure-registries.ts";
import {
  infoReply,
  readReply,
  versionReply,
} from "../../../../../adapters/docker/client/replies.ts";
import { infoAnswer, versionAnswer } from "../../../../support/fake-engine.ts";

const ADDRESSES = new Map([
  ["inside.test", ["10.1.2.3"]],
  ["outside.test", ["203.0.113.5"]],
  ["six.test", ["fd00::5"]],
  ["local.test", ["127.0.0.1"]],
]);
const lookUp = (host: string) => Promise.resolve(ADDRESSES.get(host) ?? []);

const info = readReply(
  infoReply,
  infoAnswer({
    RegistryConfig: {
      InsecureRegistryCIDRs: ["127.0.0.0/8", "10.0.0.0/8", "fd00::/8", "rubbish", "1.2.3.4/99"],
      IndexConfigs: {
        "docker.io": { Name: "docker.io", Secure: true },
        "listed.test:5000": { Secure: false },
        "outside.test": { Secure: false },
        "10.0.0.9:5000": { Secure: true },
      },
    },
  }),
  "itself",
);

const version = readReply(versionReply, versionAnswer(), "its version");

describe("insecureRegistries of Podman", () => {
  const podman = {
    info: readReply(
      infoReply,
      infoAnswer({
        RegistryConfig: {
          InsecureRegistryCIDRs: [],
          IndexConfigs: {
            "inside.test": { Secure: false },
            "inside.test:443": { Secure: true },
            "*.lab.test": { Secure: false },
            "outside.test/team": { Secure: false },
          },
        },
      }),
      "itself",
    ),
    version: { ...version, Components: [{ Name: "Podman Engine" }] },
  };

  it.each([
    ["inside.test", true],
    ["inside.test:5000", true],
    ["inside.test:443", false],
    ["inside.test.evil.test", false],
    ["a.lab.test:5000", true],
    ["lab.test", false],
    ["outside.test", false],
  ])("%s: %s", async (host, insecure) => {
    expect(await insecureRegistries(() => Promise.resolve(podman), lookUp)(host)).toBe(insecure);
  });
});

describe("needsTlsOnLoopback", () => {
  const listing = (names: Readonly<Record<string, { readonly Secure: boolean }>>) =>
    readReply(infoReply, infoAnswer({ RegistryConfig: { IndexConfigs: names } }), "itself");
  const podman = { ...version, Components: [{ Name: "Podman Engine" }] };

  it.each([
    ["Podman", podman, {}, "127.0.0.1:5000", true],
    ["Podman with an entry", podman, { "127.0.0.1": { Secure: false } }, "127.0.0.1:5000", false],
    ["Podman, elsewhere", podman, {}, "registry.test", false],
    ["Docker", version, {}, "127.0.0.1:5000", false],
  ])("%s", (_engine, engine, names, host, needed) => {
    expect(needsTlsOnLoopback({ info: listing(names), version: engine }, host)).toBe(needed);
  });
});

describe("insecureRegistries", () => {
  it.each([
    ["127.0.0.1:5000", true],
    ["127.9.9.9", true],
    ["localhost:5000", true],
    ["LOCALHOST", true],
    ["[::1]:5000", true],
    ["listed.test:5000", true],
    ["listed.test", false],
    ["listed.test:5001", false],
    ["outside.test", true],
    ["outside.test:443", false],
    ["inside.test:5000", true],
    ["six.test", true],
    ["local.test", true],
    ["10.9.9.9:5000", true],
    ["10.0.0.9:5000", false],
    ["[fd00::1]:5000", true],
    ["[fe80::1]:5000", false],
    ["192.168.0.1:5000", false],
    ["docker.io", false],
    ["registry-1.docker.io", false],
    ["unknown.test", false],
    ["localhost.evil.test", false],
    ["__proto__", false],
  ])("%s: %s", async (host, insecure) => {
    expect(await insecureRegistries(() => Promise.resolve({ info, version }), lookUp)(host)).toBe(
      insecure,
    );
  });

  it("leaves loopback alone where the engine cannot be asked", async () => {
    const isInsecure = insecureRegistries(() => Promise.reject(new Error("down")), lookUp);
    const hosts = ["127.0.0.1:5000", "localhost", "inside.test:5000", "listed.test:5000"];
    expect(await Promise.all(hosts.map(isInsecure))).toEqual([true, true, false, false]);
  });

  it("does not ask the engine about loopback", async () => {
    let asked = 0;
    const engineInfo = () => {
      asked += 1;
      return Promise.resolve({ info, version });
    };
    await insecureRegistries(engineInfo, lookUp)("127.0.0.1:5000");
    expect(asked).toBe(0);
  });

  it("speaks TLS to a cloud's registry, whatever range the engine lists", async () => {
    const ranges = { InsecureRegistryCIDRs: ["0.0.0.0/0"], IndexConfigs: {} };
    const all = readReply(infoReply, infoAnswer({ RegistryConfig: ranges }), "itself");
    const engine = () => Promise.resolve({ info: all, version });
    const isInsecure = insecureRegistries(engine, () => Promise.resolve(["203.0.113.5"]));
    expect(await isInsecure("registry.test")).toBe(true);
    expect(await isInsecure("123456789012.dkr.ecr.us-east-1.amazonaws.com")).toBe(false);
    expect(await isInsecure("us-docker.pkg.dev")).toBe(false);
  });
});
