/** A user of a test registry. The lists contain repository names; a trailing `*` matches any suffix. */
export interface RegistryUser {
  readonly password: string;
  /** Default: every repository. */
  readonly pull?: readonly string[];
  /** Default: every repository. */
  readonly push?: readonly string[];
}

/** Users by name; a plain string is the password of a user with access to everything. */
export type RegistryUsers = Readonly<Record<string, string | RegistryUser>>;

export type AccessAction = "pull" | "push";

/** The access that a request needs or a token grants: actions on one repository. */
export interface Access {
  readonly repository: string;
  readonly actions: readonly AccessAction[];
}

/** The users and their permissions. */
export interface Directory {
  readonly users: ReadonlyMap<string, RegistryUser>;
  /** Repositories that can be pulled anonymously. */
  readonly anonymousPull: readonly string[];
}

export function directory(users: RegistryUsers, anonymousPull: readonly string[] = []): Directory {
  const entries = Object.entries(users).map(([name, user]): [string, RegistryUser] => [
    name,
    typeof user === "string" ? { password: user } : user,
  ]);
  return { users: new Map(entries), anonymousPull };
}

/** True if the user (null: anonymous) may perform all requested actions. */
export function mayAccess(of: Directory, user: string | null, access: Access): boolean {
  return permittedActions(of, user, access).length === access.actions.length;
}

/** The subset of the requested actions that the user may perform. */
export function permittedActions(
  of: Directory,
  user: string | null,
  access: Access,
): readonly AccessAction[] {
  return access.actions.filter((action) => {
    if (action === "pull" && matches(of.anonymousPull, access.repository)) return true;
    const account = user === null ? undefined : of.users.get(user);
    return account !== undefined && matches(account[action] ?? ["*"], access.repository);
  });
}

function matches(patterns: readonly string[], repository: string): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith("*") ? repository.startsWith(pattern.slice(0, -1)) : repository === pattern,
  );
}

/** The name and password of a `Basic` header, or null for any other header. */
export function parseBasic(
  header: string | undefined,
): { readonly username: string; readonly password: string } | null {
  const encoded = /^basic ([\w+/=-]+)$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) return null;
  const decoded = Buffer.from(encoded, "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  if (colon < 0) return null;
  return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

/** The user with this name and password, or null. */
export function authenticate(
  of: Directory,
  credential: { readonly username: string; readonly password: string },
): string | null {
  const user = of.users.get(credential.username);
  return user?.password === credential.password ? credential.username : null;
}

/** `repository:NAME:pull,push`, the form used in scopes and challenges. */
export function formatScope(access: Access): string {
  return `repository:${access.repository}:${access.actions.join(",")}`;
}

/** The accesses that a list of scopes requests. Scopes of other types grant nothing and are ignored. */
export function parseScopes(scopes: readonly string[]): readonly Access[] {
  return scopes
    .flatMap((scope) => scope.split(" "))
    .flatMap((scope) => {
      const first = scope.indexOf(":");
      const last = scope.lastIndexOf(":");
      // A class in parentheses, such as `repository(plugin)`, grants the same access.
      if (!/^repository(?:\([^)]*\))?$/.test(scope.slice(0, first)) || last <= first) return [];
      const asked = scope.slice(last + 1).split(",");
      const actions = (["pull", "push"] as const).filter(
        (action) => asked.includes(action) || asked.includes("*"),
      );
      return [{ repository: scope.slice(first + 1, last), actions }];
    });
}
