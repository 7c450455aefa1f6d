import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";

/** An address that answers no packet, as behind a firewall that drops them. */
export interface BlackHole extends AsyncDisposable {
  readonly port: number;
}

/** Its system accepts two connections for it, and drops the packets of all others. */
const BACKLOG = 1;
const LISTENER = `
  const server = require("node:net").createServer();
  server.listen({ port: 0, host: "127.0.0.1", backlog: ${BACKLOG} }, () => {
    require("node:fs").writeSync(1, String(server.address().port));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

/** A port of this machine at which no further connection is established: its listener never accepts one. */
export async function blackHole(): Promise<BlackHole> {
  const listener = spawn(process.execPath, ["-e", LISTENER], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(listener, "exit");
  const [printed] = await once(listener.stdout, "data");
  const port = Number(printed);
  const filling: Socket[] = [];
  for (let connection = 0; connection <= BACKLOG; connection += 1) {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    await once(socket, "connect");
    filling.push(socket);
  }
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of filling) socket.destroy();
      listener.kill("SIGKILL");
      await exited;
    },
  };
}
