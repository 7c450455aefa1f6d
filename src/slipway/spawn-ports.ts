import type { SpawnMachine } from "../ledger/spawn-record.ts";
import type { LaunchPlan } from "../plan/plan.ts";
import { reachableAddress } from "../substrate/contract.ts";
import type { MachineAccess } from "../substrate/contract.ts";
import type { SpawnPort } from "./slipway.ts";

export interface PortedMachine {
  readonly plan: Pick<LaunchPlan, "target" | "guest">;
  readonly machine: Pick<SpawnMachine, "addresses" | "ports">;
  /** That of the machine's provider. */
  readonly access: MachineAccess | undefined;
}

/** The ports of the workspace, in ascending order, with the address at which each is reached. */
export async function portsOf(ported: PortedMachine): Promise<readonly SpawnPort[]> {
  const hosts = await hostOf(ported);
  return ported.plan.guest.ports
    .toSorted((left, right) => left.port - right.port)
    .map(({ port, name }) => ({ port, name, ...addressOf(hosts(port)) }));
}

interface PortAddress {
  readonly address: string;
  readonly hostPort: number;
}

/** Returns a function from a port of the machine to where it is reached. */
async function hostOf({
  plan: { target },
  machine,
  access,
}: PortedMachine): Promise<(port: number) => PortAddress | null> {
  if (access?.kind !== "exec" || target.substrate !== "DOCKER") {
    const address = reachableAddress(machine.addresses);
    return (port) => (address === null ? null : { address, hostPort: port });
  }
  const address = await access.publishedHost(target.publishAddress);
  const published = new Map(machine.ports.map(({ port, hostPort }) => [port, hostPort]));
  return (port) => {
    const hostPort = published.get(port);
    return hostPort === undefined ? null : { address, hostPort };
  };
}

function addressOf(found: PortAddress | null): Omit<SpawnPort, "port" | "name"> {
  if (found === null) return { address: null, hostPort: null, url: null };
  const { address, hostPort } = found;
  const host = address.includes(":") ? `[${address}]` : address;
  return { address, hostPort, url: `http://${host}:${hostPort}` };
}
