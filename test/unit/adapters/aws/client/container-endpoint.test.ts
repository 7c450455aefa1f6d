import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { endpointRefusal } from "../../../../../adapters/aws/client/container-endpoint.ts";
import { listen, stopServer } from "../../../../../testing/server/http-server.ts";
import { scratchFolder } from "../../../../support/scratch.ts";

const VARIABLE = "AWS_CONTAINER_CREDENTIALS_FULL_URI";

/** The endpoint of a container's agent, and the tokens that it was sent. */
async function agent(status: number, body: string) {
  const tokens: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    tokens.push(request.headers.authorization);
    response.writeHead(status).end(body);
  });
  const port = await listen(server, "127.0.0.1", 0);
  onTestFinished(() => stopServer(server));
  return { host: `127.0.0.1:${port}`, url: `http://127.0.0.1:${port}/v1/credentials`, tokens };
}

describe("the endpoint of a container's credentials", () => {
  it.each([
    [
      "EKS's agent",
      400,
      "[a1b2]: (EntityNotFoundException): no association for service account agents/default\n",
      ": [a1b2]: (EntityNotFoundException): no association for service account agents/default",
      false,
    ],
    [
      "ECS's agent",
      400,
      JSON.stringify({ code: "InvalidIdInRequest", message: "ID not found", HTTPErrorCode: 400 }),
      ": InvalidIdInRequest: ID not found",
      false,
    ],
    [
      "a provider of one's own",
      403,
      JSON.stringify({ Code: "AccessDenied", Message: "no role for this host" }),
      ": AccessDenied: no role for this host",
      false,
    ],
    ["an agent that is throttled", 429, "", "", true],
    ["an agent that fails", 500, "EKS Auth is not reachable", ": EKS Auth is not reachable", true],
  ])("refuses in its own words: %s", async (_whose, status, body, words, mayPass) => {
    const { host, url } = await agent(status, body);
    expect(await endpointRefusal({ [VARIABLE]: url })).toEqual({
      words: `${host} (${VARIABLE}) answered with HTTP status ${status}${words}`,
      remedy: `Settle what the endpoint of ${VARIABLE} reports, or unset the variable to use other credentials.`,
      mayPass,
    });
  });

  it("is sent the token of its file, or of its variable", async () => {
    using folder = scratchFolder();
    const file = join(folder.path, "token");
    writeFileSync(file, "of-the-file\n");
    const { url, tokens } = await agent(401, "");
    const environment = { [VARIABLE]: url, AWS_CONTAINER_AUTHORIZATION_TOKEN: "of-the-variable" };
    await endpointRefusal({ [VARIABLE]: url });
    await endpointRefusal(environment);
    await endpointRefusal({ ...environment, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file });
    expect(tokens).toEqual([undefined, "of-the-variable", "of-the-file"]);
  });

  it("follows no redirect, which would send its token elsewhere", async () => {
    const elsewhere = await agent(200, "{}");
    const server = createServer((_request, response) => {
      response.writeHead(302, { location: elsewhere.url }).end();
    });
    const port = await listen(server, "127.0.0.1", 0);
    onTestFinished(() => stopServer(server));
    const refusal = await endpointRefusal({ [VARIABLE]: `http://127.0.0.1:${port}/` });
    expect(refusal?.words).toContain("HTTP status 302");
    expect(elsewhere.tokens).toEqual([]);
  });

  it.each([
    "http://example.com/credentials",
    "http://127.0.0.1.example.com/",
    "ftp://x/",
    "no url",
  ])(
    "is sent nothing without TLS, unless it is ECS's, EKS's or this machine's: %s",
    async (url) => {
      expect(await endpointRefusal({ [VARIABLE]: url })).toEqual({
        words: `${VARIABLE} is neither an https address nor an http address of ECS, EKS or this machine`,
        remedy: `Correct ${VARIABLE}, or unset it to use other credentials.`,
        mayPass: false,
      });
    },
  );

  it("may pass if it cannot be reached", async () => {
    const server = createServer();
    const port = await listen(server, "127.0.0.1", 0);
    await stopServer(server);
    const host = `127.0.0.1:${port}`;
    expect(await endpointRefusal({ [VARIABLE]: `http://${host}/` })).toMatchObject({
      words: `${host} (${VARIABLE}) cannot be asked: connect ECONNREFUSED ${host}`,
      mayPass: true,
    });
  });

  it("refuses nothing if there is none, or if it has credentials", async () => {
    const { url } = await agent(200, "{}");
    expect(await endpointRefusal({})).toBeNull();
    expect(await endpointRefusal({ [VARIABLE]: url })).toBeNull();
  });
});
