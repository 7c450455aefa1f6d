/** docs/guest.md against a real boot document, and its examples in their own languages. */
import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { launchDocuments } from "../../src/boot/boot-document.ts";
import type { BootDelivery } from "../../src/substrate/contract.ts";
import { BOOT_DOCUMENT, bootGuests, documentOf } from "../support/guest/guest.ts";
import { metadataServer } from "../support/guest/metadata.ts";
import { describeWithGuests } from "../support/peers.ts";
import { samplePlan } from "../support/sample-plan.ts";
import { allBlocks } from "./support/documents.ts";

const blocks = allBlocks().filter(({ at }) => at.startsWith("docs/guest.md"));
const ONE = {
  spawnId: "agent-7",
  env: { MODE: "fast" },
  labels: {},
  input: { task: "index the archive", part: 7 },
};
const CLOUD_INIT = {
  delivery: "cloud-init",
  maximumBytes: 16_384,
  identity: "launch-index",
} as const;

function documentsFor(delivery: BootDelivery) {
  const launch = { plan: samplePlan(), place: { place: "us-east-1a" }, members: [ONE] };
  return launchDocuments(launch, delivery);
}

function examplesIn(language: string): readonly string[] {
  return blocks.filter((block) => block.language === language).map(({ text }) => text);
}

/** The document of a container. */
function containerDocument(): string {
  const delivery = { delivery: "environment", maximumBytes: 32_768 } as const;
  return documentsFor(delivery).members[0]?.bootDocument ?? "";
}

describe("docs/guest.md", () => {
  it("shows every field of the document", () => {
    const shown: unknown = JSON.parse(
      blocks.find(({ subject }) => subject === "boot-document")?.text ?? "",
    );
    const real: unknown = JSON.parse(containerDocument());
    expect(Object.keys(Object(shown)).toSorted()).toEqual(Object.keys(Object(real)).toSorted());
  });

  it.each([
    ["python", "python3"],
    ["js", process.execPath],
  ])("reads the document of a container in %s", (language, program) => {
    const [example = ""] = examplesIn(language);
    const flag = language === "js" ? ["--input-type=module", "-e"] : ["-c"];
    const printed = execFileSync(program, [...flag, example], {
      encoding: "utf8",
      env: { SLIPWAY_BOOT_DOCUMENT: containerDocument() },
    });
    expect(printed).toContain("agent-7");
    expect(printed).toContain("index the archive");
  });
});

describeWithGuests("docs/guest.md, in a guest", (peer) => {
  it("reads the files in a shell and in Python", async () => {
    const { userData } = documentsFor(CLOUD_INIT);
    await using server = await metadataServer({
      identity: "launch-index",
      known: "0",
      userData,
      failures: 0,
    });
    const shell = examplesIn("sh");
    const [python = ""] = examplesIn("python");
    expect(shell).toHaveLength(2);
    const write = (file: string, text: string): string =>
      `printf %s '${Buffer.from(text).toString("base64")}' | base64 -d > ${file}`;
    const [report] = await bootGuests(peer, [
      {
        cloud: "ec2",
        url: server.url,
        stages: ["init"],
        setup: [write("/root/example.sh", shell.join("\n")), write("/root/example.py", python)],
        afterwards: [
          "sh /root/example.sh > /root/from-sh",
          "python3 /root/example.py > /root/from-python",
        ],
        files: ["/root/from-sh", "/root/from-python"],
      },
    ]);
    if (report === undefined) throw new Error("no report");
    expect(documentOf(report)).toMatchObject({ spawn_id: "agent-7" });
    expect(report.files[BOOT_DOCUMENT]).not.toBeNull();
    expect(report.files["/root/from-sh"]?.text).toBe(
      'part {"task":"index the archive","part":7} in mode fast\n',
    );
    expect(report.files["/root/from-python"]?.text).toBe(
      "agent-7 {'task': 'index the archive', 'part': 7}\n",
    );
  });
});
