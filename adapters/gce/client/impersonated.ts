import type { AuthClient } from "google-auth-library";
import { OAuth2Client } from "google-auth-library";
import { z } from "zod";

export const SCOPES: readonly string[] = ["https://www.googleapis.com/auth/cloud-platform"];

const tokenReply = z.object({
  accessToken: z.string().min(1),
  expireTime: z.string().transform((time) => Date.parse(time)),
});
const LIFETIME = "3600s";

/**
 * Requests another account's tokens with these credentials, in the same universe. The library's own class writes a
 * warning to the console whenever it is created.
 *
 * @param delegates accounts between the two, each of which may create tokens of the next
 */
export function impersonated(
  own: AuthClient,
  account: string,
  delegates: readonly string[] = [],
): AuthClient {
  const { universeDomain } = own;
  const client = new OAuth2Client({ universeDomain });
  client.refreshHandler = async () => {
    const { data } = await own.request({
      url: `https://iamcredentials.${universeDomain}/v1/projects/-/serviceAccounts/${encodeURIComponent(account)}:generateAccessToken`,
      method: "POST",
      data: {
        scope: SCOPES,
        lifetime: LIFETIME,
        ...(delegates.length === 0 ? {} : { delegates }),
      },
    });
    const { accessToken, expireTime } = tokenReply.parse(data);
    return { access_token: accessToken, expiry_date: expireTime };
  };
  return client;
}
