import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { cloudInitUserData } from "../../src/boot/user-data.ts";
import { describeWithCloudInit } from "../support/peers.ts";
import { scratchFolder } from "../support/scratch.ts";

const run = promisify(execFile);
const MERGE = join(import.meta.dirname, "support", "cloud-init-merge.py");
const DOCUMENT = '{"version":1,"repos":[{"clone_url":"https://example.com/a#b: c"}]}';
const WRITTEN = {
  path: "/run/slipway/boot.json",
  permissions: "0644",
  content: `${DOCUMENT}\n`,
};

describeWithCloudInit("user data, as cloud-init reads it", ({ python }) => {
  async function read(userData: string | null) {
    using folder = scratchFolder();
    const running = run(python, [MERGE, folder.path]);
    running.child.stdin?.end(cloudInitUserData(DOCUMENT, userData));
    return JSON.parse((await running).stdout) as unknown;
  }

  it("passes cloud-init's own schema", async () => {
    using folder = scratchFolder();
    const file = join(folder.path, "user-data.yaml");
    await writeFile(file, cloudInitUserData(DOCUMENT, null));
    const schema = ["-m", "cloudinit.cmd.main", "schema", "--config-file", file];
    const { stdout } = await run(python, schema);
    expect(stdout).toContain("Valid cloud-config");
  });

  it("writes the boot document, to the byte", async () => {
    expect(await read(null)).toEqual({ config: { write_files: [WRITTEN] }, scripts: [] });
  });

  it("joins the lists of the workspace's own cloud-config to ours", async () => {
    const own =
      '#cloud-config\nwrite_files:\n- path: /a\n  content: "ä"\nruncmd: [[ls]]\nhostname: b\n';
    expect(await read(own)).toEqual({
      config: {
        write_files: [WRITTEN, { path: "/a", content: "ä" }],
        runcmd: [["ls"]],
        hostname: "b",
      },
      scripts: [],
    });
  });

  describe("the workspace's own script", () => {
    it.each([
      ["plain", "#!/bin/sh\necho hello\n"],
      ["in another alphabet", "#!/bin/sh\necho здравствуйте\n"],
      ["with carriage returns", "#!/bin/sh\r\necho hello\r\n"],
      ["with a line that mail would cut", `#!/bin/sh\necho ${"x".repeat(2_000)}\n`],
      ["that looks like a boundary", "#!/bin/sh\n--slipway\n--slipway--\n"],
    ])("arrives to the byte: %s", async (_what, content) => {
      expect(await read(content)).toEqual({
        config: { write_files: [WRITTEN] },
        scripts: [{ type: "text/x-shellscript", content }],
      });
    });
  });
});
