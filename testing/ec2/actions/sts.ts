import { mutation, reading } from "../action.ts";
import { Ec2Failure } from "../failure.ts";
import { timestamp } from "../lifecycle.ts";
import { integer, required, text } from "../parameters.ts";
import { callerArn, isDenied } from "../permissions.ts";
import type { Session } from "../records.ts";
import { newDigits } from "../world.ts";

const ROLE_ARN = /^arn:[\w-]+:iam::(\d{12}):role\/(?:[\w+=,.@-]+\/)*([\w+=,.@-]{1,64})$/;
const DEFAULT_SECONDS = 3600;

export const getCallerIdentity = reading(
  {},
  {
    name: "GetCallerIdentity",
    service: "sts",
    read: (context) => ({
      Arn: callerArn(context),
      UserId: context.world.sessions.has(context.signature.accessKeyId)
        ? `AROAFAKEROLE:${context.world.sessions.get(context.signature.accessKeyId)?.sessionName ?? ""}`
        : context.account,
      Account: context.account,
    }),
  },
);

export const assumeRole = mutation(
  {
    DurationSeconds: integer,
    ExternalId: text,
    Policy: text,
    RoleArn: required(text),
    RoleSessionName: required(text),
    SourceIdentity: text,
  },
  {
    name: "AssumeRole",
    service: "sts",
    prepare(context, { RoleArn, RoleSessionName, DurationSeconds }) {
      const { world, now } = context;
      const [matched, account, roleName] = ROLE_ARN.exec(RoleArn) ?? [];
      if (matched === undefined || account === undefined || roleName === undefined)
        throw new Ec2Failure("ValidationError", `${RoleArn} is invalid`);
      if (!/^[\w+=,.@-]{2,64}$/.test(RoleSessionName))
        throw new Ec2Failure("ValidationError", `'${RoleSessionName}' is not a valid session name`);
      const seconds = DurationSeconds ?? DEFAULT_SECONDS;
      if (seconds < 900 || seconds > 43_200)
        throw new Ec2Failure(
          "ValidationError",
          `DurationSeconds must be from 900 to 43200, not ${seconds}`,
        );
      if (isDenied(context, "sts:AssumeRole"))
        throw new Ec2Failure(
          "AccessDenied",
          `User: ${callerArn(context)} is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`,
        );
      return () => {
        const session: Session = {
          accessKeyId: `ASIA${newDigits(world, 16).toUpperCase()}`,
          sessionToken: newDigits(world, 64),
          account,
          roleName,
          sessionName: RoleSessionName,
          expiresAt: now + seconds * 1000,
        };
        world.sessions.set(session.accessKeyId, session);
        return {
          Credentials: {
            AccessKeyId: session.accessKeyId,
            SecretAccessKey: newDigits(world, 40),
            SessionToken: session.sessionToken,
            Expiration: timestamp(session.expiresAt),
          },
          AssumedRoleUser: {
            AssumedRoleId: `AROAFAKEROLE:${RoleSessionName}`,
            Arn: `arn:aws:sts::${account}:assumed-role/${roleName}/${RoleSessionName}`,
          },
        };
      };
    },
  },
);
