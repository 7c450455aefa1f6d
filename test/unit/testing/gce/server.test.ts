import { describe, expect, it } from "vitest";
import { settle } from "../../../../testing/fake-clock.ts";
import { noGceRates, publishedGceRates, startGce } from "../../../../testing/gce/index.ts";
import {
  AMD64_IMAGE,
  PROJECT,
  ZONE,
  at,
  instanceBody,
  lastOf,
  names,
  startChecked,
  verdict,
} from "./support/ask.ts";
import { misfits } from "./support/protos.ts";

const INSTANCES = `zones/${ZONE}/instances`;

describe("the fake", () => {
  it("requires a bearer token, and reports a missing one as Google does", async () => {
    const { ask } = await startChecked();
    const path = `/compute/v1/projects/${PROJECT}`;
    for (const Authorization of ["", "Basic eDp5", "Bearer"]) {
      const answer = await ask({ path, headers: { Authorization } });
      expect(verdict(answer)).toBe("401 authError");
      expect(at(answer.body, "error", "status")).toBe("UNAUTHENTICATED");
    }
    expect(verdict(await ask({ path: "/nowhere", headers: { Authorization: "" } }))).toBe(
      "401 authError",
    );
    expect(verdict(await ask({ path }))).toBe("200");
  });

  it("accepts any path prefix, and rejects methods that it does not implement", async () => {
    const { ask } = await startChecked();
    expect(verdict(await ask({ path: `/any/prefix/projects/${PROJECT}/zones` }))).toBe("200");
    expect(verdict(await ask({ path: "/compute/v1/projects/Agents/zones" }))).toBe("400 invalid");
    expect(verdict(await ask({ path: "/compute/v1/projects/example.com:agents" }))).toBe("200");
    for (const path of ["/", `/compute/v1/projects/${PROJECT}/global/firewalls`])
      expect(verdict(await ask({ path }))).toBe("501 notImplemented");
  });

  it("records requests", async () => {
    const { gce, get, post } = await startChecked();
    await get("zones");
    await post(`${INSTANCES}?requestId=x`, {});
    expect(gce.requests).toMatchObject([
      { call: "zones.list", isMutation: false, status: 200, zone: null },
      { call: "instances.insert", isMutation: true, status: 400, zone: ZONE, requestId: "x" },
    ]);
  });

  it("answers each part of a batch under its own id", async () => {
    const { gce } = await startChecked();
    const part = (id: string, path: string) =>
      `--b\nContent-Type: application/http\nContent-ID: <${id}>\n\nGET ${path} HTTP/1.1\n\n\n`;
    const body = `${part("a+1", "/compute/v1/projects/p")}${part("a+2", "/compute/v1/projects/p/global/images/none?alt=json")}--b--`;
    const response = await fetch(`${gce.url}/batch/compute/v1`, {
      method: "POST",
      headers: { Authorization: "Bearer x", "Content-Type": 'multipart/mixed; boundary="b"' },
      body,
    });
    const text = await response.text();
    expect(response.headers.get("content-type")).toMatch(/^multipart\/mixed; boundary=/);
    expect(text.match(/Content-ID: <response-a\+\d>|HTTP\/1\.1 \d+/g)).toEqual([
      "Content-ID: <response-a+1>",
      "HTTP/1.1 200",
      "Content-ID: <response-a+2>",
      "HTTP/1.1 404",
    ]);
  });

  it("counts requests against quotas per minute", async () => {
    const rates = ({ isMutation }: { readonly isMutation: boolean }) =>
      isMutation ? { metric: "Queries", perMinute: 2 } : null;
    const { post, get, ask, clock } = await startChecked({ rates });
    const spend = async () => verdict(await post("global/images", {}));
    expect([await spend(), await spend(), await spend()]).toEqual([
      "400 required",
      "400 required",
      "403 rateLimitExceeded",
    ]);
    expect(verdict(await get("zones"))).toBe("200");
    const other = await ask({ method: "POST", path: "/projects/others/global/images", body: {} });
    expect(verdict(other)).toBe("400 required");
    await clock.advance(60_000);
    expect(await spend()).toBe("400 required");
  });
});

it("limits requests at the rates that Google publishes, or not at all", () => {
  const read = { id: "instances.get", isMutation: false };
  expect(publishedGceRates({ id: "instances.insert", isMutation: true })?.perMinute).toBe(1500);
  expect(publishedGceRates(read)).not.toEqual(publishedGceRates({ ...read, id: "zones.list" }));
  expect(noGceRates(read)).toBeNull();
});

describe("an operation", () => {
  it("can be awaited until it is done, or for two minutes", async () => {
    const timing = { provisioningMs: 60_000, stagingMs: 90_000 };
    const { post, clock } = await startChecked({ timing });
    const accepted = await post(INSTANCES, instanceBody("one"));
    const path = `zones/${ZONE}/operations/${lastOf(at(accepted.body, "name"))}/wait`;
    const wait = async () => {
      const waited = post(path);
      while (clock.sleeping === 0) await settle();
      return at((await clock.runUntilSettled(waited)).body, "status");
    };
    expect(await wait()).toBe("RUNNING");
    expect(await wait()).toBe("DONE");
    expect(verdict(await post("zones/us-east1-b/operations/none/wait"))).toBe("404 notFound");
    expect(clock.now()).toBe(Date.UTC(2026, 0, 1) + 150_000);
  });

  it("is found in its own scope only", async () => {
    const { post, get } = await startChecked();
    const accepted = await post(`global/images/${AMD64_IMAGE}/deprecate`, {});
    const name = lastOf(at(accepted.body, "name"));
    expect(verdict(await get(`global/operations/${name}`))).toBe("200");
    expect(verdict(await get(`zones/${ZONE}/operations/${name}`))).toBe("404 notFound");
    expect(names(await get("global/operations"))).toEqual([name]);
    const all = await get("aggregated/operations");
    expect(at(all.body, "items", "global", "operations", 0, "name")).toBe(name);
    expect(at(all.body, "items", "regions/us-east1", "warning", "code")).toBe("NO_RESULTS_ON_PAGE");
    expect(names(await get("regions/us-central1/operations"))).toEqual([]);
  });
});

describe("places, types and networks", () => {
  it.each([
    ["", "kind", "compute#project"],
    [`zones/${ZONE}`, "status", "UP"],
    ["regions/europe-west4", "name", "europe-west4"],
    [`zones/${ZONE}/machineTypes/e2-small`, "architecture", "X86_64"],
    [`zones/${ZONE}/machineTypes/t2a-standard-1`, "architecture", "ARM64"],
    [`zones/${ZONE}/diskTypes/pd-balanced`, "defaultDiskSizeGb", "100"],
    ["global/networks/default", "autoCreateSubnetworks", true],
    ["regions/us-central1/subnetworks/default", "ipCidrRange", "10.128.0.0/20"],
  ])("%s has a %s", async (path, field, value) => {
    const { get } = await startChecked();
    expect(at((await get(path)).body, field)).toBe(value);
  });

  it.each([
    "zones/nowhere-a",
    "regions/nowhere",
    `zones/${ZONE}/machineTypes/e9`,
    "zones/us-east1-b/machineTypes/t2a-standard-1",
    `zones/${ZONE}/diskTypes/pd-x`,
    "global/networks/none",
    "regions/us-central1/subnetworks/none",
  ])("do not include %s", async (path) => {
    const { get } = await startChecked();
    expect(verdict(await get(path))).toBe("404 notFound");
  });

  it.each(["zones/nowhere-a/instances", "regions/nowhere/subnetworks"])(
    "reject %s",
    async (path) => {
      const { get } = await startChecked();
      expect(verdict(await get(path))).toBe("400 invalid");
    },
  );

  it("are listed, and in aggregated lists", async () => {
    const { get, gce, post } = await startChecked();
    gce.takeDown("us-east1-c");
    expect(names(await get("zones?filter=status%3DDOWN"))).toEqual(["us-east1-c"]);
    expect(names(await get("regions"))).toContain("europe-west4");
    expect(names(await get(`zones/${ZONE}/machineTypes`))).toContain("e2-small");
    expect(names(await get(`zones/${ZONE}/diskTypes`))).toContain("pd-ssd");
    expect(names(await get("global/networks"))).toEqual(["default"]);
    expect(names(await get("regions/us-east1/subnetworks"))).toEqual(["default"]);
    for (const [kind, scope] of [
      ["machineTypes", `zones/${ZONE}`],
      ["diskTypes", `zones/${ZONE}`],
      ["subnetworks", "regions/us-central1"],
    ] as const) {
      const all = await get(`aggregated/${kind}`);
      expect(at(all.body, "items", scope, kind, 0, "kind")).toMatch(/^compute#/);
    }
    expect(
      at((await get("aggregated/disks")).body, "items", `zones/${ZONE}`, "warning", "code"),
    ).toBe("NO_RESULTS_ON_PAGE");
    const subnet = "regions/us-central1/subnetworks/default";
    const permissions = ["compute.subnetworks.use"];
    const granted = async () => (await post(`${subnet}/testIamPermissions`, { permissions })).body;
    expect(await granted()).toEqual({ permissions });
    gce.deny({ project: PROJECT, permission: "compute.subnetworks.use" });
    expect(await granted()).toEqual({});
  });

  it("can include types other than the built-in ones", async () => {
    const machineTypes = [
      { name: "m9", guestCpus: 1, memoryMb: 1024, architecture: "ARM64", zones: [ZONE] } as const,
    ];
    const { get } = await startChecked({ machineTypes });
    expect(at((await get(`zones/${ZONE}/machineTypes/m9`)).body, "guestCpus")).toBe(1);
    expect(verdict(await get("zones/us-east1-b/machineTypes/m9"))).toBe("404 notFound");
  });
});

describe("the response check of these tests", () => {
  it("finds fields that do not match the client's description", () => {
    expect(misfits("Instance", { name: "a", disks: [{ diskSizeGb: "1" }] })).toEqual([]);
    expect(misfits("Instance", { nam: "a" })).toEqual(["Instance.nam: Instance has no such field"]);
    expect(misfits("Instance", { disks: [{ diskSizeGb: 1 }] })).toHaveLength(1);
    expect(misfits("Instance", { status: "ASLEEP" })).toHaveLength(1);
    expect(misfits("Operation", { status: "OVER" })).toHaveLength(1);
    expect(misfits("MachineType", { guestCpus: "2" })).toHaveLength(1);
    expect(misfits("InstanceAggregatedList", { items: { a: { instance: [] } } })).toHaveLength(1);
  });

  it("checks every answer: a mismatch becomes an error", async () => {
    await using gce = await startGce({
      observe: () => {
        throw new Error("it does not fit");
      },
    });
    const answer = await fetch(`${gce.url}/compute/v1/projects/p`, {
      headers: { Authorization: "Bearer x" },
    });
    expect(answer.status).toBe(500);
  });
});
