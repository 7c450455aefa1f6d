import { resource } from "../body.ts";
import { type Call, type Context, found, regionOfCall, zoneOf } from "../context.ts";
import { partialLink, scopeName } from "../links.ts";
import { aggregatedList, list } from "../lists.ts";
import type { Operation, Scope } from "../records.ts";
import { renderOperation } from "../render-operation.ts";
import { AGGREGATED_QUERY, LIST_QUERY, type Route, postReading, reading } from "../route.ts";

/** `wait` answers after at most two minutes, even if the operation is not done (API reference). */
const MAXIMUM_WAIT_MS = 120_000;

export const operationRoutes: readonly Route[] = [
  reading({
    id: "globalOperations.aggregatedList",
    path: "projects/{project}/aggregated/operations",
    permission: "compute.globalOperations.list",
    query: AGGREGATED_QUERY,
    read: (context, call) =>
      aggregatedList(call, {
        ...listing(context, "aggregated", context.project.operations.values()),
        collection: "operations",
        scopes: "all",
        scopeOf: ({ scope }) => scope,
      }),
  }),
  ...routesOf("zoneOperations", "zones/{zone}", (call) => ({ kind: "zone", name: zoneOf(call) })),
  ...routesOf("regionOperations", "regions/{region}", (call) => ({
    kind: "region",
    name: regionOfCall(call),
  })),
  ...routesOf("globalOperations", "global", () => ({ kind: "global" })),
];

function routesOf(
  service: string,
  scopePath: string,
  scopeOf: (call: Call) => Scope,
): readonly Route[] {
  const path = `projects/{project}/${scopePath}/operations`;
  const permission = `compute.${service}`;
  return [
    reading({
      id: `${service}.list`,
      path,
      permission: `${permission}.list`,
      query: LIST_QUERY,
      read(context, call) {
        const scope = scopeOf(call);
        const here = [...context.project.operations.values()].filter((one) => isIn(one, scope));
        return list(call, listing(context, scopeName(scope), here));
      },
    }),
    reading({
      id: `${service}.get`,
      path: `${path}/{operation}`,
      permission: `${permission}.get`,
      read: (context, call) => renderOperation(context, find(context, call, scopeOf(call))),
    }),
    postReading({
      id: `${service}.wait`,
      path: `${path}/{operation}/wait`,
      permission: `${permission}.get`,
      body: resource({}),
      async read(context, call) {
        const { clock, signal } = context;
        const operation = find(context, call, scopeOf(call));
        const until = Math.min(context.now + MAXIMUM_WAIT_MS, operation.endsAt);
        // A timer may fire slightly early.
        while (clock.now() < until) await clock.sleep(until - clock.now(), signal);
        return renderOperation({ ...context, now: clock.now() }, operation);
      },
    }),
  ];
}

function find({ project }: Context, call: Call, scope: Scope): Operation {
  const name = call.part("operation");
  const operation =
    project.operations.get(name) ?? [...project.operations.values()].find((one) => one.id === name);
  const isHere = operation !== undefined && isIn(operation, scope);
  return found(isHere ? operation : null, partialLink(project.id, scope, "operations", name));
}

function isIn(operation: Operation, scope: Scope): boolean {
  return scopeName(operation.scope) === scopeName(scope);
}

function listing(context: Context, scope: string, records: Iterable<Operation>) {
  return {
    kind: "operation",
    link: `projects/${context.project.id}/${scope}/operations`,
    records,
    render: (operation: Operation) => renderOperation(context, operation),
    keyOf: ({ name, id, insertedAt }: Operation) => ({ name, id, createdAt: insertedAt }),
  };
}
