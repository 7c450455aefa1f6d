import { http, HttpResponse, type HttpResponseResolver } from "msw";
import { setupServer } from "msw/node";
import type { HttpResponseInit } from "msw";
import { tinyImage } from "../../../../testing/registry/index.ts";

/** The image that the played registries have, as `team/app:1` and by its digest. */
export const IMAGE = tinyImage("amd64");
export const HOST = "registry.example.com";
export const NAME = `${HOST}/team/app:1`;
export const PINNED = `${HOST}/team/app@${IMAGE.manifest.digest}`;

export interface PlayedRequest {
  readonly method: string;
  readonly url: URL;
  readonly authorization: string | null;
  readonly body: string;
}

/** Plays HTTPS hosts without a server. The handler's requests are recorded, in order. */
export interface PlayedHosts extends Disposable {
  readonly requests: readonly PlayedRequest[];
  /** `GET registry.example.com/v2/ -` per request: method, host, path, and the scheme of the credential. */
  readonly steps: readonly string[];
}

export type Play = (request: PlayedRequest) => Response;

/** Plays every host: `play` answers all requests. */
export function playHosts(play: Play): PlayedHosts {
  const requests: PlayedRequest[] = [];
  const answer: HttpResponseResolver = async ({ request }) => {
    const { method, headers } = request;
    const url = new URL(request.url);
    const asked = {
      method,
      url,
      authorization: headers.get("authorization"),
      body: await request.text(),
    };
    requests.push(asked);
    return play(asked);
  };
  const server = setupServer(http.all("*", answer));
  server.listen();
  return {
    requests,
    get steps() {
      return requests.map(
        ({ method, url, authorization }) =>
          `${method} ${url.host}${url.pathname} ${authorization?.split(" ", 1).join("") ?? "-"}`,
      );
    },
    [Symbol.dispose]: () => server.close(),
  };
}

/** The image's manifest, as a registry sends it. */
export function manifestReply(init: HttpResponseInit = {}): Response {
  const { bytes, digest, mediaType } = IMAGE.manifest;
  const headers = { "content-type": mediaType, "docker-content-digest": digest };
  return new HttpResponse(Buffer.from(bytes), {
    ...init,
    headers: { ...headers, ...Object.fromEntries(new Headers(init.headers)) },
  });
}

/** An error answer. */
export function errorReply(
  status: number,
  document: unknown,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return Response.json(document, { status, headers });
}

/** 401 with a challenge. */
export function challengeReply(challenge: string): Response {
  const document = { errors: [{ code: "UNAUTHORIZED", message: "authentication required" }] };
  return errorReply(401, document, { "www-authenticate": challenge });
}
