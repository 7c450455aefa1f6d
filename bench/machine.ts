import { execFile } from "node:child_process";
import { cpus, release, totalmem, type } from "node:os";
import { promisify } from "node:util";
import { dockerEnvironment } from "./docker-world.ts";

const run = promisify(execFile);

/** The properties that figures depend on, without anything that identifies the machine. */
export async function describeMachine(today: Date): Promise<string> {
  const processors = cpus();
  const model = processors[0]?.model.trim().replaceAll(/\s+/gu, " ") || process.arch;
  const memory = (totalmem() / 2 ** 30).toFixed(1);
  return [
    `Measured on ${today.toISOString().slice(0, 10)}`,
    `${processors.length} processors (${model})`,
    `${memory} GiB of memory`,
    `${type()} ${release()}`,
    `Node ${process.versions.node}`,
    `Docker engine ${await engineVersion()}`,
  ].join(", ");
}

async function engineVersion(): Promise<string> {
  try {
    const asked = ["version", "--format", "{{.Server.Version}} (client {{.Client.Version}})"];
    const { stdout } = await run("docker", asked, { env: dockerEnvironment() });
    return stdout.trim();
  } catch (caught) {
    return caught instanceof Error && "code" in caught && caught.code === "ENOENT"
      ? "none: docker is not installed"
      : "none: no engine answers";
  }
}
