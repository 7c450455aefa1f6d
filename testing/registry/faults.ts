import type { ActiveFault as ActiveRule, FaultCount } from "../server/fault-board.ts";
import type { ProtocolErrorCode, Reply } from "./protocol.ts";
import { refusal } from "./protocol.ts";
import type { Route, RouteTarget } from "./routes.ts";

/** How a request fails. `status` replaces the registry's answer for every client; other kinds affect requests that would succeed. */
export type Fault =
  /** An error answer, such as 429 with `Retry-After`, or 503. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly code?: ProtocolErrorCode;
    }
  /** Treats presented tokens and passwords as expired: 401 with the challenge. */
  | { readonly kind: "unauthorized" }
  /** Resets the connection after this number of bytes of the body, or without any answer. */
  | { readonly kind: "reset"; readonly afterBytes?: number }
  /** Stops sending until released, after this number of bytes of the body or before the head of the answer. */
  | { readonly kind: "stall"; readonly afterBytes?: number }
  /** Overrides headers of the answer, for example `Content-Type` or rate limits. */
  | { readonly kind: "headers"; readonly headers: Readonly<Record<string, string>> }
  /** Changes one character of the body; headers, length and JSON syntax remain valid. */
  | { readonly kind: "altered" }
  /** Pads the body with spaces to this many bytes; `declared` (default true) sends a `Content-Length`. */
  | { readonly kind: "oversized"; readonly bytes: number; readonly declared?: boolean }
  /** A redirect (default 307) to this address. */
  | { readonly kind: "redirect"; readonly location: string; readonly status?: number };

/** A fault and the requests it affects; an omitted member matches everything. */
export interface FaultRule extends FaultCount {
  readonly fault: Fault;
  readonly target?: RouteTarget;
  readonly methods?: readonly string[];
  readonly repository?: string;
  /** The tag, digest or upload id in the path. */
  readonly reference?: string;
}

/** An active rule. */
export type ActiveFault = ActiveRule<FaultRule>;

/** The fault that affects a request at this moment: before the registry handles it, or when its answer is ready. */
export function takeFault(
  active: readonly ActiveFault[],
  when: "before" | "after",
  method: string,
  route: Route,
): ActiveFault | null {
  return (
    active.find(
      (fault) =>
        moment(fault.rule.fault) === when && matches(fault.rule, method, route) && fault.strike(),
    ) ?? null
  );
}

function moment(fault: Fault): "before" | "after" {
  switch (fault.kind) {
    case "status":
    case "unauthorized":
      return "before";
    case "reset":
    case "stall":
      return fault.afterBytes === undefined ? "before" : "after";
    case "headers":
    case "altered":
    case "oversized":
    case "redirect":
      return "after";
  }
}

function matches(rule: FaultRule, method: string, route: Route): boolean {
  const { target, methods, repository, reference } = rule;
  if (target !== undefined && route.target !== target) return false;
  if (methods !== undefined && !methods.includes(method)) return false;
  if (repository !== undefined && !("repository" in route && route.repository === repository))
    return false;
  return reference === undefined || ("reference" in route && route.reference === reference);
}

/** The answer of a `status` fault. */
export function statusReply(fault: Fault & { kind: "status" }): Reply {
  const code = fault.code ?? (fault.status === 429 ? "TOOMANYREQUESTS" : "UNKNOWN");
  return refusal(fault.status, code, `injected fault: status ${fault.status}`, {
    headers: fault.headers ?? {},
  });
}

/** Replaces one letter or digit near the end: the digest no longer matches, but the syntax remains valid. */
export function alterBytes(bytes: Uint8Array): Uint8Array {
  const altered = bytes.slice();
  const index = altered.findLastIndex((byte) => byte >= 0x30 && byte <= 0x39);
  if (index >= 0) altered[index] = altered[index] === 0x31 ? 0x32 : 0x31;
  else if (altered.length > 0) altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1;
  return altered;
}
