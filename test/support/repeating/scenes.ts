import { randomBytes } from "node:crypto";
import { chmod, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { JsonObject } from "../../../src/errors.ts";
import { startEc2 } from "../../../testing/ec2/index.ts";
import { startGce } from "../../../testing/gce/index.ts";
import { startRegistry, tinyImage } from "../../../testing/registry/index.ts";
import { startServer, sendJson } from "../../unit/oci/support/http-server.ts";
import { containerAnswer, infoAnswer, startFakeEngine, versionAnswer } from "../fake-engine.ts";
import type { FakeEngine } from "../fake-engine.ts";
import { scratchFolder } from "../scratch.ts";
import type { AnswerKind } from "./answers.ts";
import { startRepeater } from "./repeater.ts";
import type { Repeater } from "./repeater.ts";

/** A peer that knows secrets of its caller, and a workspace whose every command sends it requests. */
export interface Scene extends AsyncDisposable {
  readonly repeater: Repeater;
  /** The secrets that the caller sends to the peer, by name. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  /** Secrets in the catalog. */
  readonly stored: Readonly<Record<string, string>>;
  /** Records in the catalog, by kind. */
  readonly records: Readonly<Record<string, JsonObject>>;
  /** An image that is also inspected without a workspace; null for none. */
  readonly reference: string | null;
  /** Approximate number of requests of all commands of the scene. */
  readonly requests: number;
  /** The usual kinds of the peer's answers. */
  readonly answers: readonly AnswerKind[];
}

const REGISTRY_ANSWERS = [
  "a registry's error",
  "a registry's error with a text as its code",
  "a manifest of another type",
  "an index",
  "an invalid token",
] as const;

export const WORKSPACE = "agent-dev";
const IMAGE = "agent-base";
const PLACEMENT = "here";

/** The first half consists of letters, as a URL's scheme requires. The second half contains characters that need escapes. */
function secretText(): string {
  return `s${randomBytes(9).toString("hex")}/"ü+& <%41\\${randomBytes(4).toString("hex")}`;
}

/** A text of characters that are valid in a header. */
function tokenText(length: number): string {
  return `t${randomBytes(length).toString("base64")}`;
}

function records(image: JsonObject, placement: JsonObject, workspace: JsonObject = {}) {
  return {
    image: { name: IMAGE, architecture: "ARCHITECTURE_AMD64", ...image },
    placement: { name: PLACEMENT, ...placement },
    workspace: { name: WORKSPACE, image_ref: IMAGE, placement: PLACEMENT, ...workspace },
  };
}

function dockerRecords(reference: string, login: string | null, host: string, workspace = {}) {
  const credential = login === null ? {} : { pull_credential_secret: login };
  return records(
    { docker: { image_ref: reference, ...credential } },
    { substrate: "DOCKER", target: { docker: { host } } },
    workspace,
  );
}

const NO_ENGINE = "unix:///nonexistent/engine.sock";

/** A registry with its token service, used with a password or with an identity token. */
export async function registryScene(kind: "password" | "identity token"): Promise<Scene> {
  const password = secretText();
  const stack = new AsyncDisposableStack();
  let upstream = "";
  const repeater = stack.use(await startRepeater(() => upstream));
  const realm = `${repeater.url}/token`;
  const registry = stack.use(
    await startRegistry({ auth: { kind: "token", users: { robot: password }, realm } }),
  );
  upstream = registry.url;
  registry.add("team/app", "1", tinyImage("amd64"));
  const identity = registry.issueIdentityToken("robot");
  const login =
    kind === "password" ? `robot:${password}` : JSON.stringify({ identitytoken: identity });
  const reference = `${repeater.host}/team/app:1`;
  return {
    repeater,
    secrets: kind === "password" ? { password } : { identity },
    environment: {},
    stored: { LOGIN: login },
    records: dockerRecords(reference, "LOGIN", NO_ENGINE),
    reference,
    requests: 14,
    answers: REGISTRY_ANSWERS,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** A registry whose password comes from a credential helper that prints more than it should. */
export interface HelperScene extends Scene {
  /** Sets the output and the exit code of the helper. */
  say(answer: {
    readonly stdout: string;
    readonly stderr: string;
    readonly code: number;
  }): Promise<void>;
}

export async function helperScene(): Promise<HelperScene> {
  const password = secretText();
  const stack = new AsyncDisposableStack();
  const folder = scratchFolder();
  stack.defer(() => folder[Symbol.dispose]());
  const registry = stack.use(
    await startRegistry({ auth: { kind: "basic", users: { robot: password } } }),
  );
  const repeater = stack.use(await startRepeater(() => registry.url));
  registry.add("team/app", "1", tinyImage("amd64"));
  const file = (name: string) => join(folder.path, name);
  const say: HelperScene["say"] = async ({ stdout, stderr, code }) => {
    await writeFile(file("stdout"), stdout);
    await writeFile(file("stderr"), stderr);
    await writeFile(file("code"), String(code));
  };
  await say({
    stdout: JSON.stringify({ Username: "robot", Secret: password }),
    stderr: "",
    code: 0,
  });
  const program = file("docker-credential-scene");
  await writeFile(
    program,
    `#!/bin/sh\nread server\ncat ${file("stdout")}\ncat ${file("stderr")} >&2\nexit $(cat ${file("code")})\n`,
  );
  await chmod(program, 0o755);
  await writeFile(file("config.json"), JSON.stringify({ credsStore: "scene" }));
  const reference = `${repeater.host}/team/app:1`;
  return {
    repeater,
    secrets: { password },
    environment: {
      DOCKER_CONFIG: folder.path,
      PATH: [folder.path, process.env["PATH"] ?? ""].join(delimiter),
    },
    stored: {},
    records: dockerRecords(reference, null, NO_ENGINE),
    reference,
    requests: 8,
    answers: REGISTRY_ANSWERS,
    say,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** An engine that receives a pull credential, variables and files. */
export async function engineScene(): Promise<Scene> {
  const secrets = {
    password: secretText(),
    API_TOKEN: secretText(),
    SIGNING_KEY: [secretText(), secretText()].join("\n"),
  };
  const stack = new AsyncDisposableStack();
  const registry = stack.use(
    await startRegistry({ auth: { kind: "basic", users: { robot: secrets.password } } }),
  );
  const { reference } = registry.add("team/app", "1", tinyImage("amd64"));
  const engine = stack.use(await startFakeEngine());
  serveContainers(engine);
  const socketPath = engine.host.slice("unix://".length);
  const repeater = stack.use(await startRepeater(() => ({ socketPath })));
  return {
    repeater,
    secrets,
    environment: {},
    stored: {
      LOGIN: `robot:${secrets.password}`,
      API_TOKEN: secrets.API_TOKEN,
      SIGNING_KEY: secrets.SIGNING_KEY,
    },
    records: dockerRecords(reference, "LOGIN", `tcp://${repeater.host}`, {
      secret_refs: ["API_TOKEN"],
      runtime_secret_mounts: [{ secret: "SIGNING_KEY", path: "/run/key", mode: "0400" }],
    }),
    reference: null,
    requests: 20,
    answers: [
      "an engine's error",
      "an engine's progress",
      "a container that has ended",
      "an engine's description of itself",
    ],
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** An engine that lacks the image at first, and has one container at a time. */
function serveContainers(engine: FakeEngine): void {
  let labels: Readonly<Record<string, string>> | null = null;
  const pulled = new Set<string>();
  engine.on("GET /version", ({ reply }) => reply(200, versionAnswer()));
  engine.on("GET /info", ({ reply }) => reply(200, infoAnswer()));
  engine.on("POST /images/create", ({ stream, query }) => {
    pulled.add(query["fromImage"] ?? "");
    stream({ status: "Pull complete", id: "layer" }).end();
  });
  engine.on("POST /containers/create", ({ reply, json }) => {
    const body: unknown = json();
    const isObject = typeof body === "object" && body !== null;
    if (pulled.size === 0) return reply(404, { message: "No such image: x" });
    labels = isObject && "Labels" in body ? Object(body.Labels) : {};
    reply(201, { Id: "c1", Warnings: [] });
  });
  engine.on("PUT /containers/*/archive", ({ reply }) => reply(200));
  engine.on("POST /containers/*/start", ({ reply }) => reply(204));
  engine.on("GET /containers/*/json", ({ reply }) =>
    labels === null
      ? reply(404, { message: "No such container: c1" })
      : reply(200, containerAnswer({ Labels: labels })),
  );
  engine.on("GET /containers/*/logs", ({ reply }) => reply(200));
  engine.on("DELETE /containers/*", ({ reply }) => {
    labels = null;
    reply(204);
  });
  engine.on("GET /containers/json", ({ reply }) =>
    reply(200, labels === null ? [] : [{ Id: "c1", State: "running", Labels: labels }]),
  );
}

const ACCOUNT = "123456789012";

/** EC2 and STS, with the caller's keys and those of a role. */
export async function ec2Scene(): Promise<Scene> {
  const secrets = { key: tokenText(30), session: tokenText(240) };
  const stack = new AsyncDisposableStack();
  const ec2 = await startEc2({ rates: "off", timing: { pendingMs: 1, endingMs: 1 } });
  stack.defer(() => ec2.close());
  const repeater = stack.use(await startRepeater(() => ec2.url));
  const region = ec2.region("us-east-1", ACCOUNT);
  return {
    repeater,
    secrets,
    environment: {
      AWS_ENDPOINT_URL: repeater.url,
      AWS_ACCESS_KEY_ID: ACCOUNT,
      AWS_SECRET_ACCESS_KEY: secrets.key,
      AWS_SESSION_TOKEN: secrets.session,
      AWS_EC2_METADATA_DISABLED: "true",
    },
    stored: {},
    records: records(
      { aws: { ami_ids: { "us-east-1": region.images.x86_64 } } },
      {
        substrate: "AWS",
        target: {
          aws: {
            account_id: ACCOUNT,
            region: "us-east-1",
            subnet_ids: Object.values(region.subnets).slice(0, 1),
            role_arn: `arn:aws:iam::${ACCOUNT}:role/launcher`,
          },
        },
      },
    ),
    reference: null,
    requests: 24,
    answers: [
      "EC2's error",
      "EC2's error with a known code",
      "STS's error",
      "an instance that has ended",
    ],
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const PROJECT = "agents";

/** Compute Engine, with a given token, or with one that a token service issues for a workload identity. */
export async function gceScene(kind: "token" | "workload identity"): Promise<Scene> {
  const token = tokenText(120);
  const stack = new AsyncDisposableStack();
  const folder = scratchFolder();
  stack.defer(() => folder[Symbol.dispose]());
  const timing = { provisioningMs: 1, stagingMs: 1, endingMs: 1, otherMs: 1 };
  const gce = await startGce({ rates: () => null, timing });
  stack.defer(() => gce.close());
  gce.addImage(PROJECT, { name: "agent-v1", family: "agent" });
  const granted = { access_token: tokenText(90), token_type: "Bearer", expires_in: 3_600 };
  const service = stack.use(
    await startServer((_request, response) =>
      sendJson(response, {
        ...granted,
        issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
      }),
    ),
  );
  const repeater = stack.use(
    await startRepeater((path) => (path.startsWith("/token") ? service.url : gce.url)),
  );
  const [file, subject] = ["credential.json", "subject"].map((name) => join(folder.path, name));
  await writeFile(subject ?? "", token);
  await writeFile(
    file ?? "",
    JSON.stringify(externalAccount(`${repeater.url}/token`, subject ?? "")),
  );
  return {
    repeater,
    secrets: { token },
    environment: {
      CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${repeater.url}/compute/v1/`,
      ...(kind === "token"
        ? { CLOUDSDK_AUTH_ACCESS_TOKEN: token }
        : { GOOGLE_APPLICATION_CREDENTIALS: file ?? "" }),
    },
    stored: {},
    records: records(
      { gce: { self_link: `projects/${PROJECT}/global/images/family/agent` } },
      {
        substrate: "GCP",
        target: { gcp: { project: PROJECT, zones: ["us-central1-a"], subnet: "default" } },
      },
    ),
    reference: null,
    requests: 24,
    answers: ["Compute Engine's error", "a failed operation", "a token service's error"],
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function externalAccount(tokenUrl: string, file: string): JsonObject {
  return {
    type: "external_account",
    audience:
      "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    token_url: tokenUrl,
    credential_source: { file },
  };
}
