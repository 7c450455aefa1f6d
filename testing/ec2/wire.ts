import type { Clock } from "../../src/host/clock.ts";
import { exchange } from "../server/cloud-exchange.ts";
import type { CloudApi, CloudRequest, WireAnswer } from "../server/cloud-server.ts";
import type { RequestLog } from "../server/request-log.ts";
import {
  type Answer,
  type Ec2,
  type AdmittedRequest,
  admit,
  answerOrFailure,
  perform,
} from "./answer.ts";
import { Ec2Failure } from "./failure.ts";
import { failureOf } from "./faults.ts";
import type { MetadataService } from "./metadata/metadata-service.ts";
import { type Ec2Request, type OpenRequest, openRequest } from "./request-entry.ts";
import { readSignature } from "./signature.ts";
import type { ServiceName } from "./xml.ts";

/** Requests with 16 KiB of user data or 1,000 ids are far smaller. */
const MAXIMUM_BODY_BYTES = 1024 * 1024;

/** State shared by the handling of all requests. */
export interface ServerContext {
  readonly ec2: Ec2;
  readonly clock: Clock;
  readonly log: RequestLog<Ec2Request>;
  readonly metadata: MetadataService;
}

/** The API of EC2 and STS over HTTP. */
export function ec2Api(serving: ServerContext): CloudApi {
  return {
    contentType: "text/xml;charset=UTF-8",
    maximumBodyBytes: MAXIMUM_BODY_BYTES,
    answer: (request) => answer(serving, request),
    defect: (caught) => refused(serving.ec2, "ec2", caught),
  };
}

async function answer(serving: ServerContext, request: CloudRequest): Promise<WireAnswer | null> {
  const metadata = serving.metadata.answerBelowPrefix(request);
  return metadata === null ? await answerCall(serving, request) : metadata();
}

async function answerCall(
  { ec2, clock, log }: ServerContext,
  request: CloudRequest,
): Promise<Answer | null> {
  const entry = openRequest();
  log.add(entry);
  const admitted = admitRequest(ec2, request, entry);
  if ("status" in admitted) return recordAnswer(entry, admitted);
  const { subject, service } = admitted;
  const answer = await exchange<Answer>({
    faults: ec2.faults,
    subject,
    clock,
    signal: request.signal,
    refusal(fault) {
      const failure = failureOf(fault, subject, service);
      return failure === null ? null : refused(ec2, service, failure);
    },
    perform: () => perform(ec2, admitted),
  });
  return answer === null ? null : recordAnswer(entry, answer);
}

/** The admitted request, or the answer that rejects it. */
function admitRequest(
  ec2: Ec2,
  request: CloudRequest,
  entry: OpenRequest,
): AdmittedRequest | Answer {
  try {
    return admit(ec2, formOf(request), readSignature(request.headers), entry);
  } catch (caught) {
    return refused(ec2, entry.service === "sts" ? "sts" : "ec2", caught);
  }
}

function refused(ec2: Ec2, service: ServiceName, caught: unknown): Answer {
  return answerOrFailure(ec2, service, () => {
    throw caught instanceof Error ? caught : new Error(String(caught));
  });
}

function recordAnswer(entry: OpenRequest, answer: Answer): Answer {
  entry.status = answer.status;
  entry.code = answer.code;
  return answer;
}

/** The parameters: the body of a POST, or the query string of a GET. @throws Ec2Failure */
function formOf({ method, path, query, headers, body }: CloudRequest): string {
  if (path !== "/")
    throw new Ec2Failure("InvalidAction", `There is nothing at ${path ?? "that path"}`, 404);
  if (method === "GET") return query;
  if (method !== "POST") throw new Ec2Failure("InvalidAction", `${method} is not taken here`, 405);
  const type = headers["content-type"] ?? "";
  if (!/^application\/x-www-form-urlencoded\b/i.test(type))
    throw new Ec2Failure("InvalidAction", `A request is a form, not '${type}'`);
  if (body === null)
    throw new Ec2Failure("RequestEntityTooLarge", "The request is too large.", 413);
  return body;
}
