import { once } from "node:events";
import { createServer } from "node:net";
import type { Socket } from "node:net";

/** The behaviour of a server on a plain connection once it has received the head of a request. */
export interface OddAnswer {
  readonly name: string;
  /** The bytes of the answer around a document. */
  readonly bytes: (document: Uint8Array) => readonly (string | Uint8Array)[];
  /** Action after those bytes. Default: the connection stays open and silent. */
  readonly afterwards?: "end" | "reset" | "repeat";
  /**
   * How a client interprets it: as the document, as empty (a success without a body), as a status that means rejection,
   * as an unexpected status, as an immediate failure, or not before its own timeout.
   */
  readonly outcome: "document" | "empty" | "refusal" | "unexpected-status" | "failure" | "timeout";
}

const DOCUMENT_HEAD = (document: Uint8Array, extra = "") =>
  `HTTP/1.1 200 OK\r\n${extra}Content-Length: ${document.length}\r\n\r\n`;

function status(line: string, extra = "") {
  return () => [`HTTP/1.1 ${line}\r\n${extra}\r\n`];
}

export const ODD_ANSWERS: readonly OddAnswer[] = [
  {
    name: "103 Early Hints, then the document",
    bytes: (document) => [
      "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n",
      DOCUMENT_HEAD(document),
      document,
    ],
    outcome: "document",
  },
  {
    name: "100 Continue, 102 Processing, then the document",
    bytes: (document) => [
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n",
      DOCUMENT_HEAD(document),
      document,
    ],
    outcome: "document",
  },
  { name: "100 Continue, then silence", bytes: status("100 Continue"), outcome: "timeout" },
  {
    name: "102 Processing without end",
    bytes: status("102 Processing"),
    afterwards: "repeat",
    outcome: "timeout",
  },
  {
    name: "101 without an upgrade",
    bytes: status("101 Switching Protocols"),
    outcome: "unexpected-status",
  },
  {
    name: "101 to another protocol",
    bytes: status("101 Switching Protocols", "Connection: Upgrade\r\nUpgrade: websocket\r\n"),
    outcome: "unexpected-status",
  },
  {
    name: "101, then the document",
    bytes: (document) => [
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n",
      DOCUMENT_HEAD(document),
      document,
    ],
    outcome: "unexpected-status",
  },
  {
    name: "101, then the end of the connection",
    bytes: status("101 Switching Protocols", "Connection: Upgrade\r\nUpgrade: tcp\r\n"),
    afterwards: "end",
    outcome: "unexpected-status",
  },
  {
    name: "the document with an offer to upgrade",
    bytes: (document) => [
      DOCUMENT_HEAD(document, "Connection: Upgrade\r\nUpgrade: h2c\r\n"),
      document,
    ],
    outcome: "document",
  },
  {
    name: "426 Upgrade Required",
    bytes: status(
      "426 Upgrade Required",
      "Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 0\r\n",
    ),
    outcome: "refusal",
  },
  { name: "204 No Content", bytes: status("204 No Content"), outcome: "empty" },
  {
    name: "204 with a document",
    bytes: (document) => [
      `HTTP/1.1 204 No Content\r\nContent-Length: ${document.length}\r\n\r\n`,
      document,
    ],
    outcome: "empty",
  },
  {
    name: "205 Reset Content",
    bytes: status("205 Reset Content", "Content-Length: 0\r\n"),
    outcome: "empty",
  },
  { name: "304 Not Modified", bytes: status("304 Not Modified"), outcome: "refusal" },
  { name: "999", bytes: status("999 Odd", "Content-Length: 0\r\n"), outcome: "refusal" },
  {
    name: "status 000",
    bytes: status("000 None", "Content-Length: 0\r\n"),
    outcome: "unexpected-status",
  },
  { name: "an immediate end", bytes: () => [], afterwards: "end", outcome: "failure" },
  { name: "an immediate reset", bytes: () => [], afterwards: "reset", outcome: "failure" },
  { name: "silence", bytes: () => [], outcome: "timeout" },
  {
    name: "half a head, then the end of the connection",
    bytes: () => ["HTTP/1.1 200 OK\r\nContent-"],
    afterwards: "end",
    outcome: "failure",
  },
  {
    name: "half a head, then silence",
    bytes: () => ["HTTP/1.1 200 OK\r\nContent-"],
    outcome: "timeout",
  },
  {
    name: "half a document, then the end of the connection",
    bytes: (document) => [DOCUMENT_HEAD(document), document.subarray(0, 1)],
    afterwards: "end",
    outcome: "failure",
  },
  {
    name: "half a document, then a reset",
    bytes: (document) => [DOCUMENT_HEAD(document), document.subarray(0, 1)],
    afterwards: "reset",
    outcome: "failure",
  },
  {
    name: "half a document, then silence",
    bytes: (document) => [DOCUMENT_HEAD(document), document.subarray(0, 1)],
    outcome: "timeout",
  },
  {
    name: "chunks without end",
    bytes: () => ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n"],
    afterwards: "repeat",
    outcome: "timeout",
  },
  {
    name: "a malformed chunk",
    bytes: () => ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "zz\r\n"],
    outcome: "failure",
  },
  {
    name: "headers without end",
    bytes: () => ["HTTP/1.1 200 OK\r\n", "X-Odd: y\r\n"],
    afterwards: "repeat",
    outcome: "timeout",
  },
  {
    name: "headers that are too large",
    bytes: () => [`HTTP/1.1 200 OK\r\nX-Odd: ${"y".repeat(64 * 1024)}\r\n`],
    outcome: "failure",
  },
  {
    name: "the document with extra bytes after it",
    bytes: (document) => [DOCUMENT_HEAD(document), document, "and more"],
    outcome: "document",
  },
  {
    name: "the document, and an unsolicited second answer",
    bytes: (document) => [DOCUMENT_HEAD(document), document, "HTTP/1.1 500 No\r\n\r\n"],
    outcome: "document",
  },
  {
    name: "another protocol",
    bytes: () => ["SSH-2.0-OpenSSH_9.2\r\n"],
    outcome: "failure",
  },
];

export interface OddServer extends AsyncDisposable {
  readonly port: number;
  /** Resolves when the first request has arrived and the answer has begun. */
  readonly reached: Promise<void>;
}

const REPEAT_MILLISECONDS = 2;
const TLS_HANDSHAKE = 0x16;

/** A server on a loopback address that gives this answer to every request, and rejects TLS as a plain server does. */
export async function startOddServer(answer: OddAnswer, document: Uint8Array): Promise<OddServer> {
  const reached = Promise.withResolvers<void>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    // The client may disconnect at any time.
    socket.on("error", () => undefined);
    let head = "";
    socket.on("data", (piece: Buffer) => {
      if (head === "" && piece[0] === TLS_HANDSHAKE) {
        socket.end("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        return;
      }
      head += piece.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      head = "";
      reply(socket, answer, document);
      reached.resolve();
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("the server has no port");
  return {
    port: bound.port,
    reached: reached.promise,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function reply(socket: Socket, { bytes, afterwards }: OddAnswer, document: Uint8Array): void {
  const pieces = bytes(document);
  for (const piece of pieces) socket.write(piece);
  if (afterwards === "end") socket.end();
  if (afterwards === "reset") socket.resetAndDestroy();
  if (afterwards !== "repeat") return;
  const timer = setInterval(() => socket.write(pieces.at(-1) ?? ""), REPEAT_MILLISECONDS);
  socket.once("close", () => clearInterval(timer));
}
