/** The call that failed. */
export const CONTEXT = {
  operation: "RunInstances",
  subject: "agent-1",
  region: "us-east-1",
} as const;

/** An error as the SDK throws it when AWS refuses a call. */
export function refusal(code: string, status: number, message = "words of AWS"): Error {
  return Object.assign(new Error(message), {
    name: code,
    $metadata: { httpStatusCode: status, requestId: "request-1" },
  });
}

export function connectionFailure(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code });
}
