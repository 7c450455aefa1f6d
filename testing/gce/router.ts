import type { Call } from "./context.ts";
import type { Route } from "./route.ts";
import { diskRoutes } from "./routes/disks.ts";
import { imageRoutes } from "./routes/images.ts";
import { instanceRoutes } from "./routes/instances.ts";
import { networkRoutes } from "./routes/networks.ts";
import { operationRoutes } from "./routes/operations.ts";
import { placeRoutes } from "./routes/places.ts";
import { powerRoutes } from "./routes/power.ts";
import { reservationRoutes } from "./routes/reservations.ts";
import { typeRoutes } from "./routes/types.ts";

/** All methods that the fake implements. If two paths match, the first one applies. */
export const ROUTES: readonly Route[] = [
  ...imageRoutes,
  ...instanceRoutes,
  ...powerRoutes,
  ...diskRoutes,
  ...operationRoutes,
  ...placeRoutes,
  ...typeRoutes,
  ...networkRoutes,
  ...reservationRoutes,
];

/** The literal and named parts of each route's path. */
const TABLE = ROUTES.map((route) => ({ route, parts: route.path.split("/") }));

/** The route of a request with the values of its named parts, or null. */
export function findRoute(
  method: string,
  path: string,
  query: URLSearchParams,
): { readonly route: Route; readonly call: Call } | null {
  const start = path.indexOf("/projects/");
  if (start < 0) return null;
  const segments = path.slice(start + 1).split("/");
  for (const { route, parts } of TABLE) {
    if (route.method !== method) continue;
    const named = match(parts, segments);
    if (named !== null) return { route, call: callOf(route, named, query) };
  }
  return null;
}

function match(
  parts: readonly string[],
  segments: readonly string[],
): ReadonlyMap<string, string> | null {
  if (parts.length !== segments.length) return null;
  const named = new Map<string, string>();
  for (const [index, part] of parts.entries()) {
    const segment = segments[index] ?? "";
    if (part.startsWith("{")) {
      if (segment === "") return null;
      named.set(part.slice(1, -1), segment);
    } else if (part !== segment) return null;
  }
  return named;
}

function callOf(route: Route, named: ReadonlyMap<string, string>, query: URLSearchParams): Call {
  return {
    id: route.id,
    query,
    part(name) {
      const value = named.get(name);
      if (value === undefined) throw new Error(`${route.path} has no part ${name}`);
      return value;
    },
    zone: named.get("zone") ?? null,
    region: named.get("region") ?? null,
  };
}
