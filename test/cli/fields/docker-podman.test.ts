import { afterAll, beforeAll, expect, it } from "vitest";
import { startPodman } from "../../support/podman.ts";
import { describeWithPodman } from "../../support/peers.ts";
import { openDockerCommands } from "./support/docker-fields.ts";
import type { DockerCommands, DockerFields } from "./support/docker-fields.ts";

/** Options that Podman 4.3 accepts and does not apply, with the check that says so. */
const IGNORED: readonly (readonly [string, DockerFields])[] = [
  ["engine.runtime", { placement: { runtime: "absent" } }],
  ["engine.gpus", { environment: { gpus: "all" } }],
  ["volumes.driver", { placement: { volumes: ["cache:/cache"], volume_driver: "absent" } }],
  ["security.systempaths", { environment: { security_opt: ["systempaths=unconfined"] } }],
];

const REFUSED: readonly (readonly [string, DockerFields, string, RegExp, RegExp])[] = [
  [
    "cap_add",
    { environment: { cap_add: ["TIME_TRAVEL"] } },
    "RESOURCE_VALUE_REFUSED",
    /"CAP_TIME_TRAVEL": unknown capability/,
    /cap_add/,
  ],
  [
    "devices",
    { placement: { devices: ["/dev/absent"] } },
    "HOST_RESOURCE_NOT_FOUND",
    /stat \/dev\/absent: no such file or directory/,
    /devices in the placement/,
  ],
  [
    "logging",
    { placement: { logging: { driver: "absent" } } },
    "HOST_RESOURCE_NOT_FOUND",
    /invalid log driver/,
    /placement's logging/,
  ],
  [
    "tmpfs",
    { environment: { tmpfs: ["/tmp:bogus"] } },
    "RESOURCE_VALUE_REFUSED",
    /unknown mount option "bogus"/,
    /tmpfs in the environment/,
  ],
  [
    "security_opt",
    { environment: { security_opt: ["nonsense=1"] } },
    "RESOURCE_VALUE_REFUSED",
    /invalid --security-opt 2: "nonsense=1"/,
    /security_opt/,
  ],
];

describeWithPodman("fields of containers on Podman", (peer) => {
  const stack = new AsyncDisposableStack();
  let commands: DockerCommands;
  beforeAll(async () => {
    const engine = stack.use(await startPodman(peer));
    commands = stack.use(await openDockerCommands(engine));
  }, 60_000);
  afterAll(() => stack.disposeAsync());

  it("privileged, volumes and the process reach the engine, and describe reads them back", async () => {
    const workspace = await commands.records({
      placement: {
        privileged: true,
        volumes: ["/etc/hostname:/etc/engine-host:ro", "/scratch"],
        extra_hosts: ["db.test:10.1.2.3"],
      },
      environment: { shm_size: "16m", cap_drop: ["CHOWN"] },
      workspace: { entrypoint: [], command: ["/machine", "--agent"], user: "0:0" },
    });
    await commands.json("spawn", workspace, "--id", "podman-fields");
    expect(await commands.json("describe", "podman-fields")).toMatchObject({
      state: "running",
      machine: {
        settings: {
          privileged: true,
          extra_hosts: ["db.test:10.1.2.3"],
          shm_size: 16 * 2 ** 20,
          command: ["/machine", "--agent"],
          user: "0:0",
          volumes: expect.arrayContaining(["/etc/hostname:/etc/engine-host:ro"]),
        },
      },
    });
  });

  it.each(IGNORED)("%s warns of an option that Podman does not apply", async (name, fields) => {
    const workspace = await commands.records(fields);
    expect(await commands.json("resolve", workspace)).toMatchObject({
      checks: expect.arrayContaining([
        expect.objectContaining({
          name,
          outcome: "warning",
          message: expect.stringContaining("does not apply it"),
        }),
      ]),
    });
  });

  it.each(REFUSED)(
    "%s: Podman's refusal becomes an error with its words and the field's remedy",
    async (_field, fields, reason, words, remedy) => {
      const workspace = await commands.records(fields);
      const ran = await commands.run("spawn", workspace);
      expect(JSON.parse(ran.stderr)).toMatchObject({
        error: {
          reason,
          message: expect.stringMatching(words),
          remedy: expect.stringMatching(remedy),
        },
      });
    },
  );
});
