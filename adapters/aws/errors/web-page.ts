import { z } from "zod";

const webPage = z.object({
  statusCode: z.number().max(299),
  headers: z.object({
    "content-type": z.string().regex(/^\s*(?:text\/html|application\/xhtml\+xml)\b/i),
  }),
});

/** Something between here and AWS, such as a captive portal, answered with a page of its own. */
export class WebPageError extends Error {
  override readonly name = "WebPageError";
  /** Where the SDK keeps the response of a failed call. */
  readonly $response: unknown;

  constructor(response: unknown) {
    super("a web page arrived instead of an answer");
    this.$response = response;
  }
}

/** @throws WebPageError for a successful response that is a web page. AWS sends none. */
export function refuseWebPage(response: unknown): void {
  if (webPage.safeParse(response).success) throw new WebPageError(response);
}
