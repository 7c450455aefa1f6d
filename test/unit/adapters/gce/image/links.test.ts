import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  partialLink,
  readImageLink,
  readResourceLink,
} from "../../../../../adapters/gce/image/links.ts";

const name = fc.stringMatching(/^[a-z](?:[-a-z0-9]{0,20}[a-z0-9])?$/);
const project = fc.oneof(
  name,
  fc.tuple(name, name).map(([domain, id]) => `${domain}.com:${id}`),
  fc.bigInt({ min: 1n, max: 999_999_999_999n }).map(String),
);
const prefix = fc.constantFrom(
  "",
  "/",
  "https://www.googleapis.com/compute/v1/",
  "https://compute.googleapis.com/compute/beta/",
  "http://127.0.0.1:8085/compute/v1/",
  "https://proxy.example.com/",
);

describe("an image's link", () => {
  it("is read behind any prefix, by its name and by its family's", () => {
    fc.assert(
      fc.property(prefix, project, name, (before, owner, image) => {
        const path = `${before}projects/${owner}/global/images`;
        expect(readImageLink(`${path}/${image}`, "own")).toEqual({
          kind: "image",
          project: owner,
          name: image,
        });
        expect(readImageLink(`${path}/family/${image}`, "own")).toEqual({
          kind: "family",
          project: owner,
          name: image,
        });
      }),
    );
  });

  it("without a project is of the own one", () => {
    expect(readImageLink("global/images/debian-12", "own")?.project).toBe("own");
  });

  it.each([
    "",
    "debian-12",
    "projects/p/global/images/",
    "projects/p/global/images/family/",
    "projects/p/global/images/family/f/more",
    "projects/p/global/images/Upper",
    "projects/p/global/images/a?x=1",
    "projects/p/global/images/a#b",
    "projects/p/zones/us-central1-a/disks/d",
    "projects/../global/images/a",
    "projects/P/global/images/a",
    "ftp://host/projects/p/global/images/a",
    `projects/p/global/images/${"a".repeat(3_000)}`,
  ])("is not %s", (link) => {
    expect(readImageLink(link, "own")).toBeNull();
  });

  it("is never found in what anybody may write, but for a link's parts", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const link = readImageLink(text, "own");
        expect(text).toContain(link?.name ?? "");
      }),
    );
  });
});

describe("a resource's link", () => {
  it.each([
    [
      "https://www.googleapis.com/compute/v1/projects/p/zones/us-central1-a/machineTypes/e2-small",
      { project: "p", scope: "zones/us-central1-a", collection: "machineTypes", name: "e2-small" },
    ],
    [
      "projects/example.com:p/regions/us-central1/subnetworks/default",
      {
        project: "example.com:p",
        scope: "regions/us-central1",
        collection: "subnetworks",
        name: "default",
      },
    ],
    [
      "projects/p/global/networks/default",
      { project: "p", scope: "global", collection: "networks", name: "default" },
    ],
  ])("%s is read", (link, expected) => {
    expect(readResourceLink(link)).toEqual(expected);
  });

  it.each([
    "projects/p",
    "projects/p/zones/z",
    "projects/p/planets/x/y/z",
    "projects/p/global/a/b/c",
  ])("%s is none", (link) => {
    expect(readResourceLink(link)).toBeNull();
  });

  it("is normalised to what begins with its project", () => {
    expect(partialLink("http://127.0.0.1:1/compute/v1/projects/p/global/x")).toBe(
      "projects/p/global/x",
    );
    expect(partialLink("global/images/x")).toBeNull();
  });
});
