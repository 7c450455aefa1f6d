import type { CloudApi, CloudRequest, WireAnswer } from "../server/cloud-server.ts";
import { type Cloud, type WireRequest, answer, refused } from "./answer.ts";
import { answerBatch, isBatch } from "./batch.ts";
import { GceFailure } from "./failure.ts";
import type { MetadataService } from "./metadata/metadata-service.ts";

/** An insert can contain half a mebibyte of metadata. */
const MAXIMUM_BODY_BYTES = 4 * 1024 * 1024;

/** The Compute Engine API over HTTP. */
export function gceApi(cloud: Cloud, metadata: MetadataService): CloudApi {
  return {
    contentType: "application/json; charset=UTF-8",
    maximumBodyBytes: MAXIMUM_BODY_BYTES,
    async answer(request) {
      const answerMetadata = metadata.answerBelowPrefix(request);
      return answerMetadata === null ? await answerRequest(cloud, request) : answerMetadata();
    },
    defect(caught) {
      const message = caught instanceof Error ? (caught.stack ?? caught.message) : String(caught);
      return refused(new GceFailure("internalError", `This fake has a defect: ${message}`));
    },
  };
}

async function answerRequest(
  cloud: Cloud,
  { method, path, query, headers, body, signal }: CloudRequest,
): Promise<WireAnswer | null> {
  if (path === null) return refused(new GceFailure("badRequest", "malformed path"));
  if (body === null) return refused(new GceFailure("uploadTooLarge", "the body is too large"));
  const wire: WireRequest = {
    method,
    path,
    query: new URLSearchParams(query),
    authorization: headers.authorization,
    body,
    signal,
  };
  return isBatch(wire)
    ? answerBatch(cloud, wire, headers["content-type"] ?? "")
    : answer(cloud, wire);
}
