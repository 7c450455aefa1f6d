/** A real guest: Debian's cloud kernel and cloud-init in a virtual machine, with the EC2 fake's metadata service. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { systemClock } from "../../src/host/system-clock.ts";
import { openWithDeath } from "../support/faults/fault-cell.ts";
import { guestsOnEc2 } from "../support/guest/cloud.ts";
import { bootVirtualMachine } from "../support/guest/virtual-machine.ts";
import { describeWithVirtualMachine } from "../support/peers.ts";
import { scratchFolder } from "../support/scratch.ts";

/** A boot takes about a minute of two processors, and several times as long on a busy machine. */
const LONGEST = 480_000;

/**
 * Prints the boot document, and the variables as a service of systemd gets them, on the serial console, as early as a
 * workspace can: the later stages of cloud-init would take another half of the time.
 */
const USER_DATA = `#cloud-config
bootcmd:
- |
  exec > /dev/ttyS0
  printf '\\nboot.json: '
  cat /run/slipway/boot.json
  cat > /run/systemd/system/agent.service <<'END'
  [Unit]
  DefaultDependencies=no
  [Service]
  Type=oneshot
  EnvironmentFile=/run/slipway/env
  ExecStart=/bin/sh -c 'printf "part: %%s.\\n" "$PART" > /dev/ttyS0'
  END
  systemctl daemon-reload
  systemctl start agent
  systemctl poweroff --force --force
`;

describeWithVirtualMachine("a virtual machine", (peer) => {
  it(
    "has its boot document and its variables before anything of its workspace runs",
    { timeout: LONGEST + 30_000 },
    async ({ signal }) => {
      using folder = scratchFolder();
      await using cloud = await guestsOnEc2();
      await using slipway = await openWithDeath(join(folder.path, "slipway.db"), cloud, {
        clock: systemClock,
      });
      const workspace = await cloud.prepare(slipway, { userData: USER_DATA });
      const wanted = [0, 1, 2].map((part) => ({
        workspace,
        spawnId: `agent-${part}`,
        env: { PART: `"${part}" of 'three' $ \\ \`` },
        input: { part },
      }));
      const results = await slipway.spawnWorkspaces(wanted);
      const machine = results[1]?.spawn?.machine?.id ?? "";
      const { url } = await cloud.guestOf(machine);
      const printed = await bootVirtualMachine(peer, {
        url: url ?? "",
        macAddress: cloud.macAddressOf(machine),
        folder: folder.path,
        signal: AbortSignal.any([signal, AbortSignal.timeout(LONGEST)]),
      });
      const [, document] = /^boot\.json: (.*)$/m.exec(printed.replaceAll("\r", "")) ?? [];
      if (document === undefined) throw new Error(`no boot document:\n${printed}`);
      expect(JSON.parse(document)).toMatchObject({
        boot_version: 2,
        spawn_id: "agent-1",
        workspace,
        env: wanted[1]?.env,
        input: { part: 1 },
        identity: { source: "launch-index" },
      });
      expect(printed).toContain(`part: ${wanted[1]?.env.PART ?? ""}.`);
    },
  );
});
