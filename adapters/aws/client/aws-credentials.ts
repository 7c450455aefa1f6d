/** Credentials that sign a request. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Absent if the credentials do not expire. */
  readonly expiration?: Date;
}

export type CredentialProvider = () => Promise<AwsCredentials>;
