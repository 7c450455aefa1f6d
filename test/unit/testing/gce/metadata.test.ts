/** The metadata server of the Compute Engine fake's VMs. */
import { describe, expect, it } from "vitest";
import { PROJECT, ZONE, instanceBody, startChecked } from "./support/ask.ts";

const FLAVOR = { "Metadata-Flavor": "Google" };
const ITEMS = [
  { key: "user-data", value: "#!/bin/sh\necho größe\n" },
  { key: "a-b", value: "12" },
];

async function startVm() {
  const { gce, post, clock } = await startChecked();
  await post(`zones/${ZONE}/instances`, instanceBody("vm-1", { metadata: { items: ITEMS } }));
  await clock.advance(1_000);
  const { url } = await gce.metadata({ project: PROJECT, zone: ZONE, name: "vm-1" });
  const ask = async (path: string, headers: Readonly<Record<string, string>> = FLAVOR) => {
    const response = await fetch(`${url}${path}`, { headers, redirect: "manual" });
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
  return {
    gce,
    ask,
    read: async (path: string) => (await ask(`/computeMetadata/v1/${path}`)).text,
  };
}

describe("the metadata server of a VM", () => {
  it("serves name, zone, id and attributes", async () => {
    const { gce, read } = await startVm();
    expect(await read("instance/name")).toBe("vm-1");
    expect(await read("instance/zone")).toMatch(new RegExp(`^projects/\\d+/zones/${ZONE}$`));
    expect(await read("instance/id")).toBe(gce.instances(PROJECT)[0]?.id);
    expect(await read("instance/hostname")).toBe(`vm-1.${ZONE}.c.${PROJECT}.internal`);
    expect(await read("instance/attributes/user-data")).toBe("#!/bin/sh\necho größe\n");
    expect(await read("instance/attributes/")).toBe("user-data\na-b\n");
    expect(await read("project/project-id")).toBe(PROJECT);
  });

  it("serves a folder as JSON, and leaves the names of attributes alone", async () => {
    const { read } = await startVm();
    const attributes = Object.fromEntries(ITEMS.map(({ key, value }) => [key, value]));
    expect(JSON.parse(await read("instance/attributes/?recursive=True"))).toEqual(attributes);
    const whole: unknown = JSON.parse(await read("?recursive=true"));
    expect(whole).toMatchObject({
      instance: { name: "vm-1", attributes, machineType: expect.stringContaining("e2-small") },
      project: { projectId: PROJECT, numericProjectId: expect.any(Number) },
    });
    expect(JSON.parse(await read("instance/name?alt=json"))).toBe("vm-1");
  });

  it.each([
    ["without the header", "/computeMetadata/v1/instance/name", {}, 403],
    ["with another flavor", "/computeMetadata/v1/instance/name", { "Metadata-Flavor": "x" }, 403],
    [
      "through a proxy",
      "/computeMetadata/v1/instance/name",
      { ...FLAVOR, "X-Forwarded-For": "10.0.0.9" },
      403,
    ],
    ["for an unknown entry", "/computeMetadata/v1/instance/nothing", FLAVOR, 404],
    ["for an attribute that is not set", "/computeMetadata/v1/instance/attributes/x", FLAVOR, 404],
    ["for an entry as a folder", "/computeMetadata/v1/instance/name/", FLAVOR, 404],
    ["for a folder without its slash", "/computeMetadata/v1/instance", FLAVOR, 301],
    ["with an unknown parameter", "/computeMetadata/v1/instance/name?a=b", FLAVOR, 400],
    ["for the root, which needs no header", "/", {}, 200],
  ])("answers a request %s", async (_what, path, headers, status) => {
    const { ask } = await startVm();
    const answer = await ask(path, headers);
    expect(answer.status).toBe(status);
    // By this header clients recognise the server, also in its refusals.
    expect(answer.headers.get("metadata-flavor")).toBe("Google");
  });

  it("serves the same below the fake's own address", async () => {
    const { gce } = await startVm();
    const base = `${gce.url}/metadata/projects/${PROJECT}/zones/${ZONE}/instances/vm-1`;
    const response = await fetch(`${base}/computeMetadata/v1/instance/name`, { headers: FLAVOR });
    expect(await response.text()).toBe("vm-1");
  });

  it("answers nothing for a VM that does not exist", async () => {
    const { gce } = await startVm();
    const { url } = await gce.metadata({ project: PROJECT, zone: ZONE, name: "vm-2" });
    await expect(fetch(`${url}/computeMetadata/v1/`, { headers: FLAVOR })).rejects.toThrow(
      "fetch failed",
    );
  });
});
