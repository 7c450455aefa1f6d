import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pushImage, startTokenServer } from "../../testing/registry/index.ts";
import type { BuiltImage, BuiltIndex, Pushed } from "../../testing/registry/index.ts";
import type { RegistryPeer } from "./peers.ts";
import { startRealRegistry } from "./real-registry.ts";
import type { RealRegistry } from "./real-registry.ts";
import { scratchFolder } from "./scratch.ts";

export type RegistryAuthKind = "htpasswd" | "token";

/** A real registry that admits only one user, a robot. */
export interface PrivateRegistry extends AsyncDisposable {
  /** `127.0.0.1:port` */
  readonly host: string;
  readonly lock: RegistryAuthKind;
  readonly username: string;
  readonly password: string;
  /** `user:password`, a valid form of a pull secret. */
  readonly login: string;
  readonly real: RealRegistry;
  /** Methods and paths of the token server's requests so far; empty with `htpasswd`. */
  tokenRequests(): readonly string[];
  /** The identity token that `docker login` would store, if the registry requires tokens. */
  identityToken(): string;
  /** Pushes with tag `1`, by default to a repository of its own. */
  push(
    image: BuiltImage | BuiltIndex,
    name?: { readonly repository?: string; readonly tag?: string },
  ): Promise<Pushed>;
}

const USERNAME = "robot";

export async function startPrivateRegistry(
  peer: RegistryPeer,
  lock: RegistryAuthKind,
): Promise<PrivateRegistry> {
  const password = `pull-${randomUUID()}`;
  const users = { [USERNAME]: password };
  await using stack = new AsyncDisposableStack();
  const tokens = lock === "token" ? stack.use(await startTokenServer({ users })) : null;
  const real = stack.use(
    tokens === null
      ? await startRealRegistry(peer, { kind: "htpasswd", users })
      : await startTokenRegistry(peer, tokens),
  );
  const opened = stack.move();
  const credential = { kind: "password", username: USERNAME, password } as const;
  return {
    host: real.host,
    lock,
    username: USERNAME,
    password,
    login: `${USERNAME}:${password}`,
    real,
    tokenRequests: () => (tokens?.requests ?? []).map(({ method, path }) => `${method} ${path}`),
    identityToken() {
      if (tokens === null) throw new Error("a registry without tokens has no identity tokens");
      return tokens.issueIdentityToken(USERNAME);
    },
    push: (image, { repository = `world/${randomUUID()}`, tag = "1" } = {}) =>
      pushImage({ url: `http://${real.host}`, repository, tag, image, credential }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function startTokenRegistry(
  peer: RegistryPeer,
  tokens: Awaited<ReturnType<typeof startTokenServer>>,
): Promise<RealRegistry> {
  const { realm, service, issuer, certificate } = tokens;
  // The registry reads the file once, at its start.
  using folder = scratchFolder();
  const certificatePath = join(folder.path, "token-server.pem");
  await writeFile(certificatePath, certificate);
  return await startRealRegistry(peer, { kind: "token", realm, service, issuer, certificatePath });
}
