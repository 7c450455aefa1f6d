import { expect, it } from "vitest";
import { loginCommands } from "../../../../../adapters/aws/machines/login-commands.ts";
import { quoteWords } from "../../../../../src/host/quote-words.ts";

it("name the instance and its region", () => {
  expect(loginCommands("eu-west-1", "i-0123456789abcdef0").map(quoteWords)).toEqual([
    "aws ec2-instance-connect ssh --instance-id i-0123456789abcdef0 --region eu-west-1",
    "aws ssm start-session --target i-0123456789abcdef0 --region eu-west-1",
  ]);
});
