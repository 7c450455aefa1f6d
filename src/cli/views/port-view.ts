import type { SpawnPort } from "../../slipway/slipway.ts";
import type { View } from "../output/render.ts";
import { renderTable } from "../output/table.ts";

/** The ports of a spawn, with their addresses. */
export function viewPorts(ports: readonly SpawnPort[]): View {
  return {
    value: ports.map(({ port, name, address, hostPort, url }) => ({
      port,
      name,
      address,
      host_port: hostPort,
      url,
    })),
    table: () =>
      renderTable(
        [
          { title: "PORT", cell: ({ port }) => port },
          { title: "NAME", cell: ({ name }) => name },
          { title: "ADDRESS", cell: addressOf },
          { title: "URL", cell: ({ url }) => url },
        ],
        ports,
      ),
  };
}

function addressOf({ address, hostPort }: SpawnPort): string | null {
  if (address === null || hostPort === null) return null;
  return address.includes(":") ? `[${address}]:${hostPort}` : `${address}:${hostPort}`;
}
