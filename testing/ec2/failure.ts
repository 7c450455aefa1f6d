/**
 * Errors of EC2 and STS. The codes are those of the EC2 API reference ("Error codes"). Codes that are not in the table
 * have status 400, as most of EC2's have.
 */
const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  AuthFailure: 401,
  "AuthFailure.ServiceLinkedRoleCreationNotPermitted": 403,
  Blocked: 403,
  DryRunOperation: 412,
  EC2ThrottledException: 503,
  AccessDenied: 403,
  ExpiredToken: 403,
  InsufficientCapacity: 500,
  InsufficientFreeAddressesInSubnet: 400,
  InsufficientHostCapacity: 500,
  InsufficientInstanceCapacity: 500,
  InsufficientReservedInstanceCapacity: 500,
  InternalError: 500,
  InternalFailure: 500,
  InvalidClientTokenId: 403,
  MissingAuthenticationToken: 403,
  OptInRequired: 401,
  PendingVerification: 400,
  RequestLimitExceeded: 503,
  ReservationCapacityExceeded: 400,
  ServiceUnavailable: 503,
  SignatureDoesNotMatch: 403,
  UnauthorizedOperation: 403,
  Unavailable: 503,
  UnfulfillableCapacity: 500,
};

const MESSAGE_BY_CODE: Readonly<Record<string, string>> = {
  AuthFailure: "AWS was not able to validate the provided access credentials",
  EC2ThrottledException: "Request limit exceeded.",
  ExpiredToken: "The security token included in the request is expired",
  InstanceLimitExceeded:
    "You have requested more instances than your current instance limit allows.",
  InsufficientInstanceCapacity:
    "We currently do not have sufficient capacity in the Availability Zone you requested.",
  InternalError: "An internal error has occurred",
  InternalFailure: "The request processing has failed because of an unknown error.",
  RequestExpired: "Request has expired.",
  RequestLimitExceeded: "Request limit exceeded.",
  ServiceUnavailable: "The request has failed due to a temporary failure of the server.",
  UnauthorizedOperation: "You are not authorized to perform this operation.",
  Unavailable: "The server is overloaded and can't handle the request.",
};

/** A rejection: an EC2 error code with its HTTP status. Thrown inside the fake and converted to an answer at its edge. */
export class Ec2Failure extends Error {
  override readonly name = "Ec2Failure";
  readonly code: string;
  readonly status: number;

  constructor(code: string, message?: string, status?: number) {
    super(message ?? messageOf(code));
    this.code = code;
    this.status = status ?? statusOf(code);
  }
}

function statusOf(code: string): number {
  return Object.hasOwn(STATUS_BY_CODE, code) ? (STATUS_BY_CODE[code] ?? 400) : 400;
}

function messageOf(code: string): string {
  const known = Object.hasOwn(MESSAGE_BY_CODE, code) ? MESSAGE_BY_CODE[code] : undefined;
  return known ?? `The request was refused with ${code}.`;
}

/** Rejects the value of a parameter. */
export function invalidValue(message: string): Ec2Failure {
  return new Ec2Failure("InvalidParameterValue", message);
}

/** Rejects a combination of parameters. */
export function invalidCombination(message: string): Ec2Failure {
  return new Ec2Failure("InvalidParameterCombination", message);
}

export function missingParameter(name: string): Ec2Failure {
  return new Ec2Failure("MissingParameter", `The request must contain the parameter ${name}`);
}
