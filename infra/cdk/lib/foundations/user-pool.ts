/** What the user pools of guests and of staff share. */
import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { ClientAttributes, FeaturePlan, StandardThreatProtectionMode } from 'aws-cdk-lib/aws-cognito';
import type { CfnUserPool, CfnUserPoolClient, PasswordPolicy, UserPool, UserPoolClient, UserPoolProps } from 'aws-cdk-lib/aws-cognito';

export interface PoolProps {
  readonly removalPolicy: RemovalPolicy;
  readonly deletionProtection: boolean;
  /** Sender of the pools' mails, of a domain that SES has verified; without one Cognito sends them, a few dozen a day. */
  readonly mailFrom: string | undefined;
  /** Whether the pools look for stolen passwords and strange sign-ins, at a price per person. */
  readonly threatProtection: boolean;
}

/** People are known by their mail addresses; on AWS a pool is kept by all means. */
export function everyPool({ deletionProtection, removalPolicy, threatProtection }: PoolProps): UserPoolProps {
  return {
    featurePlan: threatProtection ? FeaturePlan.PLUS : FeaturePlan.ESSENTIALS,
    ...(threatProtection ? { standardThreatProtectionMode: StandardThreatProtectionMode.FULL_FUNCTION } : {}),
    signInAliases: { email: true },
    autoVerify: { email: true },
    // Another address counts once a code that was sent there has come back.
    // https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserAttributeUpdateSettingsType.html
    keepOriginal: { email: true },
    deletionProtection,
    removalPolicy: deletionProtection ? RemovalPolicy.RETAIN : removalPolicy,
  };
}

/** How a password must be, of at least so many characters; one that was given to somebody is good for so long. */
export function passwordsOf(minLength: number, tempPasswordValidity: Duration): PasswordPolicy {
  return {
    minLength,
    requireDigits: true,
    requireLowercase: true,
    requireUppercase: true,
    requireSymbols: true,
    tempPasswordValidity,
  };
}

/**
 * How long a refresh token is still accepted after a refresh has replaced it. Each refresh gives another one, which ends when the first would have
 * ended. A client whose answer was lost asks again with the one that it still has: so this is as long as clients wait for an answer, and no
 * longer, since a thief may do the same. Cognito allows a minute.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-refresh-token.html
 */
export const REFRESH_REPEATED_WITHIN = Duration.seconds(30);

/**
 * What people may write, of what the pool knows of them, by a client of theirs: their address, because the form for new accounts writes it. A
 * client without a list may write all standard attributes. A pool that requires another attribute refuses clients that may not write it.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html#user-pool-settings-attribute-permissions-and-scopes
 */
export const WRITTEN_BY_PEOPLE = new ClientAttributes().withStandardAttributes({ email: true });

/**
 * Has people sign in by the code flow and no other way: tokens of the pool's own sign-in calls have no scope of ours, and may change what the
 * pool knows of a person (`aws.cognito.signin.user.admin`). Flows must be named, or Cognito allows SRP, custom and refreshing by
 * `InitiateAuth` (https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html, ExplicitAuthFlows);
 * the last cannot be with rotation. So the one is named that leads nowhere: a custom flow is led by triggers, and a pool without any refuses
 * it ("Custom auth lambda trigger is not configured for the user pool").
 *
 * Refreshing is another matter. With rotation it goes by the token endpoint or by Cognito's call `GetTokensFromRefreshToken`, which wants the
 * client's id and the refresh token alone; no flow is documented that closes it. Whether its access token may change what the pool knows of a
 * person, when the one before could not, is documented nowhere: hence `WRITTEN_BY_PEOPLE`, which bounds what it could write
 * (docs/untried-on-aws.md, step 16).
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetTokensFromRefreshToken.html
 */
export function signInByCodeAlone(client: UserPoolClient): void {
  (client.node.defaultChild as CfnUserPoolClient).explicitAuthFlows = ['ALLOW_CUSTOM_AUTH'];
}

/** Has a pool send its mails from a verified sender, if there is one. */
export function sendFrom(pool: UserPool, { mailFrom }: PoolProps): void {
  if (mailFrom !== undefined) {
    (pool.node.defaultChild as CfnUserPool).emailConfiguration = {
      emailSendingAccount: 'DEVELOPER',
      from: mailFrom,
      sourceArn: Stack.of(pool).formatArn({ service: 'ses', resource: 'identity', resourceName: mailFrom.split('@').at(-1) ?? '' }),
    };
  }
}

/** Says why a pool does not look for stolen passwords, if it does not. */
export function withoutThreatProtection(pool: UserPool, { threatProtection }: PoolProps): void {
  if (!threatProtection) {
    Validations.of(pool).acknowledge(
      { id: 'AwsSolutions-COG3', reason: 'Threat protection needs the Plus plan, priced per person; -c threatProtection=true asks for it' },
      { id: 'AwsSolutions-COG8', reason: 'The Plus plan is priced per person; -c threatProtection=true asks for it' },
    );
  }
}
