import { describe, expect, it } from "vitest";
import { findCredential, launchSecrets } from "../../../src/slipway/credentials.ts";
import type { CredentialPorts } from "../../../src/slipway/credentials.ts";
import { invalidArgument } from "../../../src/errors.ts";
import { parseReference } from "../../../src/oci/reference.ts";
import { SecretValue } from "../../../src/secret-value.ts";
import { samplePlan } from "../../support/sample-plan.ts";

const signal = new AbortController().signal;
const reference = parseReference("registry.example/team/agent:v1");

function ports(secrets: Readonly<Record<string, string>>, docker: string | null = null) {
  const credential: CredentialPorts = {
    readSecret: (name) => Promise.resolve(new SecretValue(secrets[name] ?? "")),
    dockerCredential: () =>
      Promise.resolve(
        docker === null
          ? null
          : { kind: "password", username: "docker", password: new SecretValue(docker) },
      ),
    registryToken: ({ service }) =>
      Promise.resolve({
        kind: "password",
        username: service,
        password: new SecretValue("granted"),
      }),
  };
  return credential;
}

describe("findCredential", () => {
  it("prefers the named secret over Docker's configuration", async () => {
    const found = await findCredential(
      ports({ LOGIN: "robot:one" }, "two"),
      { reference, wanted: { kind: "secret", secret: "LOGIN" } },
      signal,
    );
    expect(found.source).toEqual({ kind: "secret", secret: "LOGIN" });
    expect(found.credential).toMatchObject({ username: "robot", origin: "secret LOGIN" });
  });

  it("falls back to Docker's configuration, then to no credential", async () => {
    const request = { reference, wanted: null };
    const docker = await findCredential(ports({}, "two"), request, signal);
    expect(docker.source).toEqual({ kind: "docker-configuration" });
    expect(docker.credential).toMatchObject({ origin: "Docker's configuration" });
    const nobody = await findCredential(ports({}), request, signal);
    expect(nobody).toEqual({ source: { kind: "anonymous" }, credential: null });
  });

  it("returns why Docker's configuration was not read", async () => {
    const problem = invalidArgument("CREDENTIAL_INVALID", "config.json is empty");
    const found = await findCredential(
      {
        ...ports({}),
        dockerCredential: (_reference, _signal, onProblem) => {
          onProblem?.(problem);
          return Promise.resolve(null);
        },
      },
      { reference, wanted: null },
      signal,
    );
    expect(found).toEqual({ source: { kind: "anonymous" }, credential: null, problem });
  });

  it("does not fall back if the named secret is for another registry", async () => {
    const secret = JSON.stringify({ auths: { "other.example": { auth: "cm9ib3Q6b25l" } } });
    await expect(
      findCredential(
        ports({ LOGIN: secret }, "two"),
        { reference, wanted: { kind: "secret", secret: "LOGIN" } },
        signal,
      ),
    ).rejects.toMatchObject({ reason: "CREDENTIAL_REGISTRY_MISMATCH" });
  });
});

describe("launchSecrets", () => {
  it("delivers each secret where the workspace wants it", async () => {
    const file = { secret: "KEY", env: null, path: "/run/key", mode: "0400" };
    const plan = samplePlan({
      credential: { kind: "secret", secret: "LOGIN" },
      guest: {
        ...samplePlan().guest,
        secretRefs: ["API_KEY"],
        runtimeSecretMounts: [{ secret: "TOKEN", env: "GITHUB", path: null, mode: null }, file],
      },
    });
    const values = { LOGIN: "robot:one", API_KEY: "a", TOKEN: "t", KEY: "k" };
    const { credential, environment, files } = await launchSecrets(ports(values), plan, signal);
    expect(credential).toMatchObject({ username: "robot" });
    expect(Object.entries(environment).map(([name, value]) => [name, value.reveal()])).toEqual([
      ["API_KEY", "a"],
      ["GITHUB", "t"],
    ]);
    expect(files.map(({ mount, value }) => [mount, value.reveal()])).toEqual([[file, "k"]]);
  });

  it("delivers only a file if only a file is named, and nothing if nothing is named", async () => {
    const file = { secret: "KEY", env: null, path: "/run/key", mode: "0400" };
    const guest = { ...samplePlan().guest, secretRefs: [], runtimeSecretMounts: [file] };
    const { environment, files } = await launchSecrets(
      ports({ KEY: "k" }),
      samplePlan({ guest }),
      signal,
    );
    expect(environment).toEqual({});
    expect(files.map(({ mount, value }) => [mount, value.reveal()])).toEqual([[file, "k"]]);
    const bare = samplePlan({ credential: null, guest: { ...guest, runtimeSecretMounts: [] } });
    expect(await launchSecrets(ports({}), bare, signal)).toEqual({
      credential: null,
      environment: {},
      files: [],
    });
  });

  it("stays anonymous if the plan is, even if Docker has a credential now", async () => {
    const plan = samplePlan({ credential: { kind: "anonymous" } });
    expect((await launchSecrets(ports({}, "two"), plan, signal)).credential).toBe(null);
  });

  it("fails if the plan has the credential of a Docker configuration that cannot be read now", async () => {
    const problem = invalidArgument("CREDENTIAL_INVALID", "config.json is empty");
    const dockerCredential: CredentialPorts["dockerCredential"] = (_one, _two, onProblem) => {
      onProblem?.(problem);
      return Promise.resolve(null);
    };
    const plan = samplePlan({ credential: { kind: "docker-configuration" } });
    await expect(launchSecrets({ ...ports({}), dockerCredential }, plan, signal)).rejects.toBe(
      problem,
    );
  });
});
