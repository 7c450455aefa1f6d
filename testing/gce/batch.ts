import { type Cloud, type WireRequest, answer, refused } from "./answer.ts";
import type { CloudAnswer } from "../server/cloud-exchange.ts";
import { GceFailure } from "./failure.ts";

/** Google's limit on the number of requests in a batch. */
const MAXIMUM_PARTS = 1000;
const BOUNDARY = "batch_of_the_fake";

/** True for a batch request, which `gcloud` sends when it queries several resources at once. */
export function isBatch({ method, path }: WireRequest): boolean {
  return method === "POST" && /\/batch(?:\/compute\/[a-z0-9]+)?$/.test(path);
}

/** Answers each request of a `multipart/mixed` body in order. Lines may end in LF alone. */
export async function answerBatch(
  cloud: Cloud,
  request: WireRequest,
  contentType: string,
): Promise<(CloudAnswer & { readonly contentType?: string }) | null> {
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  const parts = boundary === undefined ? [] : partsOf(request.body, boundary);
  if (parts.length === 0 || parts.length > MAXIMUM_PARTS)
    return refused(new GceFailure("badRequest", "Failed to parse batch request."));
  const written: string[] = [];
  for (const part of parts) {
    const inner = innerRequest(part, request);
    const reply =
      inner === null
        ? refused(new GceFailure("badRequest", "Failed to parse batch request."))
        : await answer(cloud, inner);
    if (reply === null) return null;
    written.push(writePart(part.id, reply));
  }
  return {
    status: 200,
    body: `${written.join("")}--${BOUNDARY}--\r\n`,
    contentType: `multipart/mixed; boundary=${BOUNDARY}`,
  };
}

interface Part {
  readonly id: string | null;
  readonly content: string;
}

/** The parts between the boundaries, each with its `Content-ID`. */
function partsOf(body: string, boundary: string): readonly Part[] {
  return body
    .replaceAll("\r\n", "\n")
    .split(`--${boundary}`)
    .slice(1)
    .filter((text) => !text.startsWith("--"))
    .map((text) => {
      const [head, content] = splitHead(text.replace(/^\n/, ""));
      return { id: headerOf(head, "content-id"), content };
    });
}

/** `GET /compute/v1/projects/p HTTP/1.1`, headers, an empty line, the body. */
function innerRequest({ content }: Part, outer: WireRequest): WireRequest | null {
  const [head, body] = splitHead(content);
  const [method, target] = (head.split("\n", 1)[0] ?? "").split(" ");
  if (method === undefined || target === undefined || !URL.canParse(target, "http://localhost"))
    return null;
  const { pathname, searchParams } = new URL(target, "http://localhost");
  try {
    return {
      ...outer,
      method,
      path: decodeURIComponent(pathname),
      query: searchParams,
      authorization: headerOf(head, "authorization") ?? outer.authorization,
      body: body.trim(),
    };
  } catch {
    // `decodeURIComponent` throws only for malformed input.
    return null;
  }
}

function splitHead(text: string): readonly [string, string] {
  const end = text.indexOf("\n\n");
  return end < 0 ? [text, ""] : [text.slice(0, end), text.slice(end + 2)];
}

function headerOf(head: string, name: string): string | null {
  const line = head.split("\n").find((one) => one.toLowerCase().startsWith(`${name}:`));
  return line === undefined ? null : line.slice(name.length + 1).trim();
}

function writePart(id: string | null, { status, body }: CloudAnswer): string {
  const answered = id === null ? [] : [`Content-ID: ${id.replace(/^</, "<response-")}`];
  return [
    `--${BOUNDARY}`,
    "Content-Type: application/http",
    ...answered,
    "",
    `HTTP/1.1 ${status} ${status < 400 ? "OK" : "Refused"}`,
    "Content-Type: application/json; charset=UTF-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "",
    body,
    "",
  ].join("\r\n");
}
