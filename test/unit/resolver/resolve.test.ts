import { describe, expect, it } from "vitest";
import type { CatalogKinds } from "../../../src/catalog/kinds.ts";
import { SlipwayError } from "../../../src/errors.ts";
import type { PlanDraft } from "../../../src/plan/plan.ts";
import { resolve } from "../../../src/resolver/resolve.ts";
import type { ResolverPorts } from "../../../src/resolver/resolve.ts";
import { createFakeAdapter } from "../../../testing/substrate/fake-adapter.ts";
import type { FakeAdapterOptions } from "../../../testing/substrate/fake-adapter.ts";
import { createFakeClock } from "../../../testing/fake-clock.ts";
import { linkedRecords } from "../../support/linked-records.ts";
import type { RecordFields as Records } from "../../support/linked-records.ts";
import { samplePlan } from "../../support/sample-plan.ts";

const docker: Records = {
  workspace: [{ name: "agent-dev", imageRef: "agent", placement: "here" }],
  image: [
    {
      name: "agent",
      architecture: "ARCHITECTURE_AMD64",
      docker: { imageRef: "registry.example/agent:v1" },
    },
  ],
  placement: [{ name: "here", substrate: "DOCKER", target: { docker: {} } }],
};

const aws: Records = {
  workspace: [{ name: "agent-dev", imageRef: "agent", placement: "here" }],
  image: [
    {
      name: "agent",
      architecture: "ARCHITECTURE_AMD64",
      aws: {
        amiIds: { "us-west-2": "ami-0123456789abcdef0", "eu-west-1": "ami-0123456789abcdef1" },
      },
    },
  ],
  placement: [
    {
      name: "here",
      substrate: "AWS",
      target: { aws: { accountId: "123456789012", region: "us-east-1", subnetIds: ["subnet-1"] } },
    },
  ],
};

function ports(records: Records, adapter: Partial<FakeAdapterOptions> = {}) {
  const clock = createFakeClock();
  const fake = createFakeAdapter({
    clock,
    images: [
      {
        reference: "registry.example/agent:v1",
        artifact: "registry.example/agent@sha256:1",
        architecture: "amd64",
      },
    ],
    places: [{ place: "local" }],
    ...adapter,
  });
  const resolverPorts: ResolverPorts = {
    linkedRecords: () => Promise.resolve(linkedRecords(records)),
    clock,
    openAdapter: () => Promise.resolve(fake),
    findCredential: () => Promise.resolve({ source: { kind: "anonymous" }, credential: null }),
  };
  return { ...resolverPorts, fake };
}

function request(changes: { readonly offline?: boolean } = {}) {
  return {
    workspace: "agent-dev",
    tenant: "default",
    offline: false,
    signal: new AbortController().signal,
    ...changes,
  };
}

async function failureOf(resolving: Promise<unknown>): Promise<SlipwayError> {
  try {
    await resolving;
  } catch (caught) {
    if (caught instanceof SlipwayError) return caught;
    throw caught;
  }
  throw new Error("it resolved");
}

const NOTHING = { artifact: null, architecture: null, checks: [], floating: [], sources: {} };

/** Ports whose cloud adapter must not be called, because the catalog refers to nothing that it could look up. */
async function unusedCloud() {
  return {
    ...(await ports(aws).openAdapter(samplePlan().target)),
    inspectImage: () => Promise.resolve({ ...NOTHING, facts: {} }),
    preflight: ({ candidates }: PlanDraft) =>
      Promise.resolve({ checks: [], candidates, machineType: "any", settings: {}, sources: {} }),
  };
}

const unopened = () =>
  Promise.reject(
    new SlipwayError({
      code: "FAILED_PRECONDITION",
      reason: "CLOUD_CONFIGURATION_INVALID",
      message: "no profile of this name",
    }),
  );

describe("resolve", () => {
  it("says where a machine clones the repositories that the workspace wants cloned", async () => {
    const repos = [
      { cloneUrl: "https://git.example.com/acme/app", clone: true },
      { cloneUrl: "https://git.example.com/acme/docs", clone: false },
    ];
    const [workspace] = docker.workspace ?? [];
    const records = {
      ...docker,
      workspace: [{ name: "", imageRef: "", placement: "", ...workspace, repos }],
    };
    const { guest, checks } = await resolve(ports(records), request());
    expect(guest.repos).toEqual([
      {
        cloneUrl: "https://git.example.com/acme/app",
        baseBranch: null,
        conflictResolution: "MERGE",
        clonePath: "/workspaces/app",
      },
      {
        cloneUrl: "https://git.example.com/acme/docs",
        baseBranch: null,
        conflictResolution: "MERGE",
      },
    ]);
    expect(checks).toContainEqual(
      expect.objectContaining({ name: "guest.clone", reason: "REPOS_NOT_CLONED" }),
    );
  });

  it("makes a frozen plan in which every value has a source", async () => {
    const plan = await resolve(ports(docker), request());
    expect(plan).toMatchObject({
      workspace: "agent-dev",
      substrate: "DOCKER",
      architecture: "amd64",
      artifact: {
        id: "registry.example/agent@sha256:1",
        requested: "registry.example/agent:v1",
        pinned: true,
      },
      candidates: [{ place: "local", verdict: "eligible" }],
      records: [
        { kind: "workspace", name: "agent-dev", generation: 1 },
        { kind: "image", name: "agent", generation: 1 },
        { kind: "placement", name: "here", generation: 1 },
      ],
      floatingReads: [
        {
          reference: "registry.example/agent:v1",
          value: "registry.example/agent@sha256:1",
          readAt: "2026-01-01T00:00:00.000Z",
        },
      ],
    });
    expect(plan.sources["/artifact/requested"]).toBe("image agent generation 1 docker.image_ref");
    expect(plan.sources["/artifact/id"]).toContain("image agent generation 1 docker.image_ref: ");
    expect(plan.checks).toContainEqual(
      expect.objectContaining({
        name: "image.credential",
        message: expect.stringContaining("pulling anonymously (no credential)"),
      }),
    );
    expect(Object.isFrozen(plan)).toBe(true);
  });

  it("does not look up an image of another substrate: that is one failed check", async () => {
    const here = ports({ ...aws, placement: docker.placement ?? [] });
    const error = await failureOf(resolve(here, request()));
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "SUBSTRATE_MISMATCH" });
    expect(here.fake.calls.inspectImage).toBe(0);
    // The engine is checked nevertheless.
    expect(here.fake.calls.preflight).toBe(1);
  });

  it("has the same plan id when nothing has changed", async () => {
    const first = await resolve(ports(docker), request());
    expect((await resolve(ports(docker), request())).planId).toBe(first.planId);
  });

  it.each([undefined, 0, 2])(
    "warns that no machines are kept warm for min_idle %s",
    async (minIdle) => {
      const [workspace] = docker.workspace ?? [];
      if (workspace === undefined) throw new Error("there is no workspace");
      const idle = { ...workspace, ...(minIdle === undefined ? {} : { minIdle }) };
      const plan = await resolve(ports({ ...docker, workspace: [idle] }), request());
      const warnings = plan.checks.filter(({ outcome }) => outcome === "warning");
      expect(warnings.map(({ name }) => name)).toEqual(minIdle === 2 ? ["workspace.min-idle"] : []);
    },
  );

  it("throws NOT_FOUND for an unknown workspace", async () => {
    const error = await failureOf(resolve(ports({}), request()));
    expect(error).toMatchObject({ code: "NOT_FOUND", reason: "RECORD_NOT_FOUND" });
  });

  it("reports every missing link together", async () => {
    const workspace = {
      name: "agent-dev",
      imageRef: "no-image",
      placement: "no-place",
      environmentRef: "no-environment",
      secretRefs: ["NO_SECRET"],
    };
    const { fake, ...rest } = ports({ workspace: [workspace] });
    const error = await failureOf(resolve(rest, request()));
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "CHECKS_FAILED" });
    for (const name of ["no-image", "no-place", "no-environment", "NO_SECRET"])
      expect(error.message).toContain(name);
    expect(fake.history).toEqual([]);
  });

  it("reports failures of the catalog and of the provider together", async () => {
    const records: Records = {
      ...docker,
      workspace: [
        { name: "agent-dev", imageRef: "agent", placement: "here", environmentRef: "arm" },
      ],
      environment: [{ name: "arm", substrate: "AWS", machineTypeRef: "graviton" }],
      "machine-type": [
        {
          name: "graviton",
          vcpus: 2,
          memoryGb: 4,
          architecture: "ARCHITECTURE_ARM64",
          spec: { aws: { instanceType: "t4g.medium" } },
        },
      ],
    };
    const error = await failureOf(resolve(ports(records, { images: [] }), request()));
    const reasons = (error.checks ?? []).flatMap((check) =>
      typeof check === "object" && check !== null && "reason" in check ? [check.reason] : [],
    );
    expect(reasons).toEqual([
      "SUBSTRATE_MISMATCH",
      "SUBSTRATE_MISMATCH",
      "ARCHITECTURE_MISMATCH",
      "IMAGE_NOT_FOUND",
    ]);
    // The provider's machine type may match the image, and only its record be wrong.
    expect(JSON.stringify(error.checks)).toContain(
      "If the provider's machine type is amd64, correct the architecture of machine-type graviton",
    );
  });

  it("gives the error the message of the only failed check", async () => {
    const error = await failureOf(resolve({ ...ports(aws), openAdapter: unusedCloud }, request()));
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "REGION_MISMATCH" });
    expect(error.message).toContain("us-east-1");
    expect(error.message).toContain("eu-west-1, us-west-2");
  });

  it("advises to bake a baked image in the region", async () => {
    const image: CatalogKinds["image"] = {
      name: "agent",
      architecture: "ARCHITECTURE_AMD64",
      aws: {
        amiIds: { "us-west-2": "ami-0123456789abcdef0" },
        provenance: { recipeRef: "go-python", imageHash: "0".repeat(64) },
      },
    };
    const error = await failureOf(
      resolve({ ...ports({ ...aws, image: [image] }), openAdapter: unusedCloud }, request()),
    );
    expect(error.reason).toBe("REGION_MISMATCH");
    expect(error.remedy).toContain("Bake recipe go-python in us-east-1");
    expect(error.message).toContain("was baked in us-west-2 and must also be baked in us-east-1");
  });

  it("reports why a substrate cannot be reached, along with all other failures", async () => {
    const image: CatalogKinds["image"] = {
      name: "agent",
      architecture: "ARCHITECTURE_AMD64",
      aws: { amiIds: { "us-east-1": "ami-0123456789abcdef0" } },
    };
    const error = await failureOf(
      resolve({ ...ports({ ...aws, image: [image] }), openAdapter: unopened }, request()),
    );
    expect(error).toMatchObject({ reason: "CLOUD_CONFIGURATION_INVALID" });
  });

  it("resolves offline from the catalog alone, unpinned", async () => {
    const { fake, ...rest } = ports(docker);
    const plan = await resolve(rest, request({ offline: true }));
    expect(plan.artifact).toEqual({
      id: "registry.example/agent:v1",
      requested: "registry.example/agent:v1",
      pinned: false,
    });
    expect(plan.checks.at(-1)).toMatchObject({ outcome: "skipped" });
    expect(fake.history).toEqual([]);
  });

  it("throws UNAVAILABLE if every check failed because a peer was unreachable", async () => {
    const down = new SlipwayError({
      code: "UNAVAILABLE",
      reason: "ENGINE_UNAVAILABLE",
      message: "no engine answers",
      remedy: "Start it.",
      retry: "same-token",
    });
    const error = await failureOf(
      resolve({ ...ports(docker), openAdapter: () => Promise.reject(down) }, request()),
    );
    expect(error).toMatchObject({ code: "UNAVAILABLE", reason: "ENGINE_UNAVAILABLE" });
  });

  describe("with a Docker configuration that cannot be read", () => {
    const problem = new SlipwayError({
      code: "INVALID_ARGUMENT",
      reason: "CREDENTIAL_INVALID",
      message: "config.json is empty",
      remedy: "Remove it.",
    });
    const findCredential = () =>
      Promise.resolve({ source: { kind: "anonymous" } as const, credential: null, problem });

    it("warns, and pulls anonymously", async () => {
      const plan = await resolve({ ...ports(docker), findCredential }, request());
      expect(plan.checks).toContainEqual({
        name: "image.credential",
        outcome: "warning",
        code: "INVALID_ARGUMENT",
        reason: "CREDENTIAL_INVALID",
        message:
          "image agent: pulling anonymously (no credential), because Docker's configuration was not used: config.json is empty",
        remedy: "Remove it.",
      });
      expect(plan.credential).toEqual({ kind: "anonymous" });
    });

    it("adds the reason to a refusal of the registry", async () => {
      const error = await failureOf(
        resolve({ ...ports(docker, { images: [] }), findCredential }, request()),
      );
      expect(error).toMatchObject({
        reason: "IMAGE_NOT_FOUND",
        message: expect.stringContaining("(the request had no credential: config.json is empty)"),
      });
    });
  });

  it("does not look up the image anonymously when the named credential is unusable", async () => {
    const { fake, ...rest } = ports(docker);
    const findCredential = () =>
      Promise.reject(
        new SlipwayError({
          code: "FAILED_PRECONDITION",
          reason: "CREDENTIAL_REGISTRY_MISMATCH",
          message: "it is for another registry",
          remedy: "Name another secret.",
        }),
      );
    const error = await failureOf(resolve({ ...rest, findCredential }, request()));
    expect(error.reason).toBe("CREDENTIAL_REGISTRY_MISMATCH");
    expect(fake.history.map(({ verb }) => verb)).toEqual(["preflight"]);
  });

  it("rejects an artifact whose architecture differs from the image record's", async () => {
    const images = [{ reference: "registry.example/agent:v1", architecture: "arm64" as const }];
    const error = await failureOf(resolve(ports(docker, { images }), request()));
    expect(error.reason).toBe("ARCHITECTURE_MISMATCH");
  });
});
