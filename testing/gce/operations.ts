import type { Context } from "./context.ts";
import type { Operation, OperationError, Scope } from "./records.ts";
import { newDigits, newId } from "./world.ts";

/** A validated request that has not taken effect yet. */
export interface Draft {
  readonly scope: Scope;
  readonly type: string;
  readonly targetLink: string;
  /** Null if the request has no single target. */
  readonly targetId: string | null;
  readonly durationMs: number;
  /** Error of an operation that fails after acceptance. */
  readonly error?: OperationError | null;
  readonly warnings?: Operation["warnings"];
  /** Applies the effect unless the operation fails. The effect's own times may lie in the future. */
  readonly takeEffect: () => void;
  /** Members of a bulk insert; each is an operation of its own. */
  readonly bulk?: BulkDraft;
}

export interface BulkDraft {
  readonly location: string;
  readonly members: readonly (Draft & { readonly error: OperationError | null })[];
}

/** Begins the operation: applies its effect, or records the error that appears when it is done. */
export function startOperation(
  context: Context,
  draft: Draft,
  requestId: string | null,
): Operation {
  const error = context.takeOperationFault() ?? draft.error ?? null;
  const groupId = draft.bulk === undefined ? null : uuid(newDigits(context.world));
  const operation = recordOperation(context, draft, { error, requestId, groupId });
  if (error === null) draft.takeEffect();
  if (draft.bulk !== undefined && groupId !== null)
    operation.bulk = startMembers(context, draft.bulk, { failed: error !== null, groupId });
  return operation;
}

function startMembers(
  context: Context,
  { location, members }: BulkDraft,
  { failed, groupId }: { readonly failed: boolean; readonly groupId: string },
): Operation["bulk"] {
  const good = members.filter(({ error }) => error === null);
  for (const member of members) {
    recordOperation(context, member, { error: member.error, requestId: null, groupId });
    if (!failed && member.error === null) member.takeEffect();
  }
  // On rollback, the members that could be created are created and deleted again.
  return {
    location,
    target: members.length,
    created: failed ? 0 : good.length,
    deleted: failed ? good.length : 0,
  };
}

/** Records an operation that has begun. */
export function recordOperation(
  { world, project, now, user }: Pick<Context, "world" | "project" | "now" | "user">,
  { scope, type, targetLink, targetId, durationMs, warnings = [] }: Omit<Draft, "takeEffect">,
  {
    error,
    requestId,
    groupId,
  }: {
    readonly error: OperationError | null;
    readonly requestId: string | null;
    readonly groupId: string | null;
  } = { error: null, requestId: null, groupId: null },
): Operation {
  const digits = newDigits(world);
  const operation: Operation = {
    id: newId(world),
    name: `operation-${now}-${digits.slice(0, 13)}-${digits.slice(13, 21)}-${digits.slice(21, 29)}`,
    scope,
    type,
    targetLink,
    targetId,
    user,
    requestId,
    groupId,
    insertedAt: now,
    endsAt: now + durationMs,
    error,
    warnings: [...warnings],
    bulk: null,
  };
  project.operations.set(operation.name, operation);
  return operation;
}

function uuid(digits: string): string {
  return [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ]
    .map(([from, to]) => digits.slice(from, to))
    .join("-");
}

export function isDone(operation: Operation, now: number): boolean {
  return now >= operation.endsAt;
}
