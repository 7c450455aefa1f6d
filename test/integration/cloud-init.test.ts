import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { cloudInitUserData } from "../../src/boot/user-data.ts";
import { describeWithCloudInit } from "../support/peers.ts";
import { scratchFolder } from "../support/scratch.ts";

const run = promisify(execFile);
const MERGE = join(import.meta.dirname, "support", "cloud-init-merge.py");
const HOOK = { type: "text/cloud-boothook", content: "#!/bin/sh\necho boot\n" };

describeWithCloudInit("user data, as cloud-init reads it", ({ python }) => {
  async function read(own: string | null, cloneScript: string | null = null) {
    using folder = scratchFolder();
    const running = run(python, [MERGE, folder.path]);
    const parts = { bootScript: HOOK.content, cloneScript, own };
    running.child.stdin?.end(cloudInitUserData(parts));
    return JSON.parse((await running).stdout) as unknown;
  }

  it("has the boot script as a boothook, to the byte", async () => {
    expect(await read(null)).toEqual({ config: null, scripts: [HOOK] });
  });

  it("leaves the workspace's own cloud-config as it is", async () => {
    const own = '#cloud-config\nwrite_files:\n- path: /a\n  content: "ä"\nruncmd: [[ls]]\n';
    expect(await read(own)).toEqual({
      config: { write_files: [{ path: "/a", content: "ä" }], runcmd: [["ls"]] },
      scripts: [HOOK],
    });
  });

  it("has the clone script before the workspace's own, because cloud-init runs them in order", async () => {
    const clone = { type: "text/x-shellscript", content: "#!/bin/sh\necho clone\n" };
    const own = { type: "text/x-shellscript", content: "#!/bin/sh\necho own\n" };
    expect(await read(own.content, clone.content)).toEqual({
      config: null,
      scripts: [HOOK, clone, own],
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
        config: null,
        scripts: [HOOK, { type: "text/x-shellscript", content }],
      });
    });
  });
});
