/** What the user pools of guests and of staff share. */
import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { FeaturePlan, StandardThreatProtectionMode } from 'aws-cdk-lib/aws-cognito';
import type { CfnUserPool, PasswordPolicy, UserPool, UserPoolProps } from 'aws-cdk-lib/aws-cognito';

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
