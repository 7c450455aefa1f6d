import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseDocument } from "../../src/json/document/parse-document.ts";
import { ACTIONS } from "../../testing/ec2/actions/all.ts";
import { parseEc2Faults, startEc2 } from "../../testing/ec2/index.ts";
import { parseGceFaults, startGce } from "../../testing/gce/index.ts";
import { ROUTES } from "../../testing/gce/router.ts";
import { allBlocks, codeSpansOf, ROOT, tableRows } from "./support/documents.ts";
import { playDocument } from "./support/play-document.ts";
import { openTerminalSession } from "./support/terminal-session.ts";

const NAME = "docs/fakes.md";

function faultsOf(cloud: string): unknown {
  const block = allBlocks().find(({ subject }) => subject === `faults ${cloud}`);
  return parseDocument(Buffer.from(block?.text ?? ""));
}

/** The calls that the table has in its row. */
function callsOf(row: string): readonly string[] {
  const cells = tableRows(NAME, "Supported calls").find(([cloud]) => cloud === row);
  return (cells?.[1] ?? "")
    .split(", ")
    .map((call) => call.replaceAll("`", ""))
    .toSorted();
}

function actionsOf(service: string): readonly string[] {
  const known = [...ACTIONS.values()].filter((action) => action.service === service);
  return known.map(({ name }) => name).toSorted();
}

describe(NAME, () => {
  it("is a walk-through whose commands print what it shows", { timeout: 120_000 }, async () => {
    await using session = openTerminalSession();
    const { text, commands } = await playDocument(NAME, session);
    expect(commands.filter(({ exitCode }) => exitCode !== 0)).toEqual([]);
    expect(commands.length).toBeGreaterThan(10);
    await expect(text).toMatchFileSnapshot(join(ROOT, NAME));
  });

  it("shows a faults file that the EC2 fake accepts", async () => {
    const faults = parseEc2Faults(faultsOf("ec2"));
    expect(faults).toHaveLength(5);
    await using _ec2 = await startEc2({ faults });
  });

  it("shows a faults file that the Compute Engine fake accepts", async () => {
    const faults = parseGceFaults(faultsOf("gce"));
    expect(faults).toHaveLength(5);
    await using _gce = await startGce({ faults });
  });

  it("lists every kind of fault and no other", () => {
    const rows = tableRows(NAME, "Fault injection");
    const kinds = rows.flatMap(([first = "", ...others]) => (others.length === 3 ? [first] : []));
    const listed = kinds.map((kind) => kind.replaceAll("`", "")).filter((kind) => kind !== "kind");
    expect(() => parseEc2Faults({ faults: [{ kind: "fire" }] })).toThrow(
      `expected one of ${listed.join(", ")}`,
    );
  });

  it("lists the supported calls", () => {
    expect(callsOf("EC2")).toEqual(actionsOf("ec2"));
    expect(callsOf("STS")).toEqual(actionsOf("sts"));
    const methods = [...new Set(ROUTES.map(({ id }) => id))].toSorted();
    expect(callsOf("Compute Engine")).toEqual(methods);
  });

  it("names existing types and families", async () => {
    const spans = new Set(codeSpansOf(NAME));
    await using gce = await startGce();
    const response = await fetch(`${gce.url}/compute/v1/projects/p/global/images`, {
      headers: { Authorization: "Bearer x" },
    });
    const text = await response.text();
    for (const family of ["debian-12", "debian-12-arm64", "debian-11"]) {
      expect(spans).toContain(family);
      expect(text).toContain(`"family": "${family}"`);
    }
  });
});
