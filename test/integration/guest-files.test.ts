/** The files that a guest finds, written by the exact user data under cloud-init's own stages. */
import { describe, expect, it, onTestFinished } from "vitest";
import { launchDocuments } from "../../src/boot/boot-document.ts";
import type { GuestRequest } from "../../src/plan/plan.ts";
import { NO_INPUT } from "../../src/substrate/contract.ts";
import type { GuestIdentity, SpawnMember } from "../../src/substrate/contract.ts";
import { BOOT_DOCUMENT, CLONE_RESULT, bootGuests, documentOf } from "../support/guest/guest.ts";
import type { Guest, GuestReport } from "../support/guest/guest.ts";
import { metadataServer } from "../support/guest/metadata.ts";
import { describeWithGuests } from "../support/peers.ts";
import { samplePlan } from "../support/sample-plan.ts";

const HOSTILE = {
  QUOTES: `a'b"c\`d$(touch /run/slipway/owned)e`,
  BACKSLASH: "\\",
  ENDS_WITH_BACKSLASH: "a\\",
  NEWLINES: "a\nb\n\n",
  EXPANSION: "$HOME ${PATH} $1 $$ !! *",
  COMMAND: "x; touch /run/slipway/owned #",
  UNICODE: "größe 🚢",
  EMPTY: "",
  SPACES: "  a  ",
  HEREDOC: "END\n'''\n\"\"\"",
};
const ONE: SpawnMember = {
  spawnId: "agent-1",
  env: HOSTILE,
  labels: {},
  input: { a: [1, "ü", null] },
};
const TWO: SpawnMember = { spawnId: "agent-2", ...NO_INPUT };
const CLONED = {
  cloneUrl: "https://git.example.com/acme/app",
  baseBranch: "main",
  conflictResolution: "MERGE" as const,
  clonePath: "/workspaces/app",
};
/** The guest reaches the repository as a folder of its own. */
const WITH_REPOSITORY = [
  "git init -q -b main /root/app",
  "git -C /root/app -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m first",
  "git config --system url./root/app.insteadOf https://git.example.com/acme/app",
];

describeWithGuests("a guest", (peer) => {
  /** Boots one guest whose user data has these members, from a metadata server that this test controls. */
  async function boot(
    members: readonly SpawnMember[],
    change: {
      readonly identity?: GuestIdentity;
      readonly known?: string;
      readonly guest?: Partial<GuestRequest>;
      readonly failures?: number;
    } & Partial<Guest> = {},
  ): Promise<GuestReport> {
    const { identity = "launch-index", known = "0", guest, failures = 0, ...booted } = change;
    const plan = samplePlan({ guest: { ...samplePlan().guest, ...guest } });
    const { userData } = launchDocuments(
      { plan, place: { place: "zone-a" }, members },
      { delivery: "cloud-init", maximumBytes: 16_384, identity },
    );
    const server = await metadataServer({ identity, known, userData, failures });
    onTestFinished(() => server.close());
    const cloud = identity === "launch-index" ? "ec2" : "gce";
    const [report] = await bootGuests(peer, [{ cloud, url: server.url, ...booted }]);
    if (report === undefined) throw new Error("no report");
    return report;
  }

  it("finds its own spawn, env and input, and the launch's plan and place", async () => {
    const report = await boot([TWO, ONE], { known: "1" });
    expect(documentOf(report)).toEqual({
      boot_version: 2,
      spawn_id: "agent-1",
      tenant: "default",
      workspace: "agent-dev",
      plan_id: samplePlan().planId,
      place: "zone-a",
      env: HOSTILE,
      input: ONE.input,
      repos: [],
      ports: [{ port: 8080, name: "web" }],
      secret_refs: [],
      runtime_secret_mounts: [],
      identity: { source: "launch-index", launch_index: 1 },
    });
    expect(report.files[BOOT_DOCUMENT]?.mode).toBe("644");
    expect(report.folder).toEqual(["boot.json", "env"]);
    expect(report.console).toBe("");
  });

  it.each(["sh", "bash"] as const)("has variables that %s sources to the byte", async (shell) => {
    const report = await boot([ONE]);
    const { SLIPWAY_INPUT, ...variables } = report[shell] ?? {};
    expect(variables).toEqual(HOSTILE);
    expect(JSON.parse(SLIPWAY_INPUT ?? "")).toEqual(ONE.input);
    expect(report.folder).not.toContain("owned");
  });

  it("finds itself by its name on Compute Engine, also with an id that the name cuts", async () => {
    const long = { ...TWO, spawnId: `agent-${"x".repeat(57)}` };
    const known = `${long.spawnId.slice(0, 46)}-0123456789abcdef`;
    const report = await boot([ONE, long], { identity: "instance-name", known });
    expect(documentOf(report)).toMatchObject({
      spawn_id: long.spawnId,
      identity: { source: "instance-name", instance_name: known },
    });
    // Without env and input there are no variables.
    expect(report.sh).toEqual({});
  });

  it("is ready before anything of the workspace's own cloud-config", async () => {
    const copy = (to: string): string => `[cp, ${BOOT_DOCUMENT}, ${to}]`;
    const userData = [
      "#cloud-config",
      "merge_how: [{name: dict, settings: [replace]}, {name: list, settings: []}]",
      `bootcmd: [${copy("/root/at-bootcmd")}]`,
      "write_files: [{path: /root/a, content: x}]",
      `runcmd: [${copy("/root/at-runcmd")}]`,
      "",
    ].join("\n");
    const files = ["/root/at-bootcmd", "/root/at-runcmd", "/root/a"];
    const stages = ["init", "config", "final"] as const;
    const report = await boot([ONE], { guest: { userData }, files, stages });
    const document = report.files[BOOT_DOCUMENT]?.text;
    expect(document).toBeDefined();
    expect(files.map((file) => report.files[file]?.text)).toEqual([document, document, "x"]);
  });

  it("has its files again after a reboot, when the folder in memory is empty", async () => {
    const stages = ["init", "final", "reboot", "init", "final"] as const;
    const userData = "#!/bin/sh\ncat /run/slipway/boot.json >> /root/runs\n";
    const report = await boot([ONE], { guest: { userData }, files: ["/root/runs"], stages });
    expect(documentOf(report)).toMatchObject({ spawn_id: "agent-1" });
    expect(report.sh).toMatchObject({ EMPTY: "" });
    // cloud-init runs the script once for an instance.
    expect(report.files["/root/runs"]?.text).toBe(report.files[BOOT_DOCUMENT]?.text);
  });

  it("asks again if the metadata server fails for a while", async () => {
    expect(documentOf(await boot([ONE], { failures: 3 }))).toMatchObject({ spawn_id: "agent-1" });
  });

  it.each([
    ["launch-index", "7", "'7' is none of the 2 members of this launch"],
    ["launch-index", "none", "'none' is none of the 2 members of this launch"],
    ["instance-name", "other-0123456789abcdef", "is none of the 2 members of this launch"],
  ] as const)(
    "reports on its console that it is not a member: %s %s",
    async (identity, known, why) => {
      const report = await boot([ONE, TWO], { identity, known });
      expect(report.console).toMatch(/^slipway: no boot document: .*\n$/);
      expect(report.console).toContain(why);
      expect(report.folder).toEqual([]);
    },
  );

  it("leaves no half-written file", async () => {
    // A folder in the place of the file: the last step of writing it fails.
    const setup = [`mkdir -p ${BOOT_DOCUMENT}/x`];
    const report = await boot([ONE], { setup, files: [] });
    expect(report.console).toContain("slipway: no boot document: [Errno");
    expect(report.folder).toEqual(["boot.json", "env"]);
    expect(report.log).toContain("Boothooks script");
  });

  describe("with a repository to clone", () => {
    const stages = ["init", "config", "final"] as const;

    it("clones it before the workspace's own script", async () => {
      const userData = "#!/bin/sh\ngit -C /workspaces/app log --format=%s > /root/seen\n";
      const report = await boot([ONE], {
        guest: { repos: [CLONED], userData },
        stages,
        files: ["/root/seen"],
        setup: WITH_REPOSITORY,
      });
      expect(report.files["/root/seen"]?.text).toBe("first\n");
      expect(JSON.parse(report.files[CLONE_RESULT]?.text ?? "")).toEqual({
        repos: [
          {
            clone_url: CLONED.cloneUrl,
            base_branch: "main",
            path: "/workspaces/app",
            outcome: "cloned",
            commit: expect.stringMatching(/^[0-9a-f]{40}$/),
            message: null,
          },
        ],
      });
    });

    it("clones before runcmd of the workspace's cloud-config", async () => {
      const userData = "#cloud-config\nruncmd: [[cp, -r, /workspaces/app/.git/HEAD, /root/head]]\n";
      const report = await boot([ONE], {
        guest: { repos: [CLONED], userData },
        stages,
        files: ["/root/head"],
        setup: WITH_REPOSITORY,
      });
      expect(report.files["/root/head"]?.text).toBe("ref: refs/heads/main\n");
    });

    it.each([
      [
        "git is not installed on the image",
        ["printf '#!/bin/sh\\nexit 1\\n' > /root/x; mv $(command -v git) /root/git"],
      ],
      [
        "Remote branch main not found",
        ["git init -q -b other /root/app", ...WITH_REPOSITORY.slice(1)],
      ],
    ])("reports that it did not, and goes on: %s", async (message, setup) => {
      const report = await boot([ONE], {
        guest: { repos: [CLONED], userData: "#!/bin/sh\necho ran > /root/ran\n" },
        stages,
        files: ["/root/ran"],
        setup,
      });
      expect(report.files["/root/ran"]?.text).toBe("ran\n");
      expect(report.statuses).toEqual({ init: 0, config: 0, final: 0 });
      expect(JSON.parse(report.files[CLONE_RESULT]?.text ?? "")).toMatchObject({
        repos: [{ outcome: "failed", commit: null, message: expect.stringContaining(message) }],
      });
      expect(report.console).toContain(`slipway: not cloned: ${CLONED.cloneUrl}: `);
    });
  });
});
