import { spawn } from "node:child_process";
import type { VirtualMachinePeer } from "../peers.ts";

/** A virtual machine that looks like an EC2 instance, with the metadata server at `url`. */
export interface VirtualMachine {
  readonly url: string;
  /** Hardware address of its network interface, as the metadata have it. */
  readonly macAddress: string;
  /** For qemu's temporary files. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** cloud-init recognises EC2 by a UUID that begins with these digits, and that is also the serial number. */
const UUID = "ec2f0000-0000-0000-0000-000000000001";

/**
 * Boots Debian by qemu with software emulation, and returns what it has printed on its serial console when it has powered
 * off. Its disk is not changed. Its network has nothing but DHCP and the metadata server.
 *
 * @throws Error with the console's text if qemu fails or the signal is aborted
 */
export async function bootVirtualMachine(
  { binary, kernel, disk, busybox }: VirtualMachinePeer,
  { url, macAddress, folder, signal }: VirtualMachine,
): Promise<string> {
  const forward = `${busybox} nc 127.0.0.1 ${new URL(url).port}`;
  const options = [
    ["-machine", "q35,accel=tcg"],
    ["-cpu", "max"],
    ["-smp", "2"],
    ["-m", "512"],
    ["-display", "none"],
    ["-nodefaults"],
    ["-no-reboot"],
    ["-serial", "stdio"],
    ["-kernel", kernel],
    ["-append", "root=/dev/nvme0n1 rw console=ttyS0 net.ifnames=0 quiet mitigations=off audit=0"],
    ["-drive", `file=${disk},format=raw,if=none,id=disk,snapshot=on`],
    ["-device", "nvme,drive=disk,serial=disk"],
    [
      "-netdev",
      `user,id=net,restrict=on,net=169.254.169.0/24,host=169.254.169.2,dns=169.254.169.3,dhcpstart=169.254.169.15,guestfwd=tcp:169.254.169.254:80-cmd:${forward}`,
    ],
    ["-device", `virtio-net-pci,netdev=net,mac=${macAddress},romfile=`],
    ["-smbios", `type=1,manufacturer=Amazon EC2,uuid=${UUID},serial=${UUID}`],
  ];
  const child = spawn(binary, options.flat(), {
    env: { ...process.env, TMPDIR: folder },
    stdio: ["ignore", "pipe", "pipe"],
    signal,
    killSignal: "SIGKILL",
  });
  const printed: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => printed.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => printed.push(chunk));
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const text = (): string => Buffer.concat(printed).toString();
  child.on("error", (cause) =>
    reject(new Error(`the virtual machine did not end by itself:\n${text()}`, { cause })),
  );
  child.on("close", (code) => {
    if (code === 0) resolve(text());
    else reject(new Error(`qemu ended with ${String(code)}:\n${text()}`));
  });
  return await promise;
}
