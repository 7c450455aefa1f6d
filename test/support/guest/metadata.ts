import { createServer } from "node:http";
import { listen, stopServer } from "../../../testing/server/http-server.ts";
import type { GuestIdentity } from "../../../src/substrate/contract.ts";

/** Answers of a metadata server that the fakes do not give: any identity, and failures before the first answer. */
export interface MetadataAnswers {
  readonly identity: GuestIdentity;
  /** The launch index or the instance name. */
  readonly known: string;
  readonly userData: string;
  /** How many times the identity's entry is refused before it is answered. */
  readonly failures: number;
}

/** A metadata server of one guest, as little as cloud-init and the boot script read. */
export async function metadataServer({ identity, known, userData, failures }: MetadataAnswers) {
  const attributes = JSON.stringify({ "user-data": userData });
  const entries: Readonly<Record<string, string>> = {
    "/latest/api/token": "token",
    "/2021-03-23/meta-data/instance-id": "i-1",
    "/2021-03-23/meta-data/": "instance-id",
    "/2021-03-23/user-data": userData,
    "/2021-03-23/dynamic/instance-identity": "document",
    "/2021-03-23/dynamic/instance-identity/document": '{"instanceId": "i-1"}',
    "/latest/meta-data/ami-launch-index": known,
    "/computeMetadata/v1/instance/id": "1",
    "/computeMetadata/v1/instance/zone": "projects/1/zones/zone-a",
    "/computeMetadata/v1/instance/hostname": "guest",
    "/computeMetadata/v1/instance/attributes/": attributes,
    "/computeMetadata/v1/project/attributes/": "{}",
    "/computeMetadata/v1/instance/name": known,
  };
  const own =
    identity === "launch-index"
      ? "/latest/meta-data/ami-launch-index"
      : "/computeMetadata/v1/instance/name";
  let refused = 0;
  const server = createServer((request, response) => {
    const [path = ""] = (request.url ?? "").split("?");
    const body = entries[path];
    if (path === own && refused < failures) {
      refused += 1;
      response.writeHead(503).end();
    } else if (body === undefined) response.writeHead(404).end();
    else response.end(body);
  });
  const port = await listen(server, "127.0.0.1", 0);
  const close = () => stopServer(server);
  return { url: `http://127.0.0.1:${port}`, close, [Symbol.asyncDispose]: close };
}
