import { cancellation } from "../../async/cancellation.ts";
import { asSlipwayError, isSlipwayError, type SlipwayError } from "../../errors.ts";
import { proxyFailureIn } from "../../proxy/proxy-failure.ts";
import { BodyTooLargeError } from "./body.ts";
import {
  certificateRefused,
  plainHttpRefused,
  protocolFault,
  proxyFault,
  redirectRefused,
  tooLarge,
  unavailable,
  type Subject,
} from "./failures.ts";
import { classifyNetworkFailure } from "./network-failure.ts";
import { RedirectRefusedError } from "./redirects.ts";
import { RefusedAddressError } from "./transport.ts";

export interface TranslatedFailure {
  readonly failure: SlipwayError;
  /** True if the same request may succeed a moment later. */
  readonly transient: boolean;
}

/** Turns an error of a request, or of reading its response, into a `SlipwayError`. */
export function translateFailure(
  caught: unknown,
  request: {
    readonly subject: Subject;
    /** The host that was contacted: the registry, its token service, or a redirect's target. */
    readonly host?: string;
    readonly signal: AbortSignal;
    /** True if our own deadline ended the request; the caught error may then be any connection error. */
    readonly timedOut?: boolean;
  },
): TranslatedFailure {
  const { subject, signal } = request;
  const contacted = request.host === undefined ? {} : { host: request.host };
  if (isSlipwayError(caught)) return permanent(caught);
  if (signal.aborted) return permanent(cancellation(signal, `reading ${subject.name}`));
  if (request.timedOut === true)
    return permanent(unavailable(subject, "it took too long to answer", contacted));
  const proxy = proxyFailureIn(caught);
  if (proxy !== null)
    return { failure: proxyFault(subject, proxy), transient: proxy.verdict.retry === "same-token" };
  if (caught instanceof BodyTooLargeError) return permanent(tooLarge(subject, caught.limit));
  if (caught instanceof RedirectRefusedError || caught instanceof RefusedAddressError)
    return permanent(redirectRefused(subject, caught.message));
  const failure = classifyNetworkFailure(caught);
  if (failure === null) return permanent(asSlipwayError(caught));
  switch (failure.kind) {
    case "certificate":
      return permanent(certificateRefused(subject, failure, caught));
    case "plain-http":
      return permanent(plainHttpRefused(subject, caught));
    case "protocol":
      return permanent(protocolFault(subject, failure.why, { cause: caught }));
    case "unreachable":
      return {
        failure: unavailable(subject, failure.why, {
          ...contacted,
          code: failure.code,
          sent: failure.sent,
          cause: caught,
        }),
        transient: failure.transient,
      };
  }
}

function permanent(failure: SlipwayError): TranslatedFailure {
  return { failure, transient: false };
}
