/** The accounts of staff, and the operator's machines: who may have the scope of operators, each by a client of their own. */
import { Aws, Duration } from 'aws-cdk-lib';
import { AccountRecovery, CfnUserPoolGroup, Mfa, OAuthScope, ResourceServerScope, UserPool } from 'aws-cdk-lib/aws-cognito';
import type { UserPoolClient } from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import { REFRESH_REPEATED_WITHIN, WRITTEN_BY_PEOPLE, everyPool, passwordsOf, sendFrom, signInByCodeAlone, withoutThreatProtection } from './user-pool.ts';
import type { PoolProps } from './user-pool.ts';

export interface StaffPoolProps extends PoolProps {
  readonly staffCallbackUrls: readonly string[];
}

/** Nobody works on with the token of somebody who has left for longer. */
const TOKEN_OF_A_PERSON = Duration.minutes(15);
/** A working day: then password and second factor are asked for again. */
const SIGN_IN_OF_A_PERSON = Duration.hours(10);
const TOKEN_OF_A_MACHINE = Duration.hours(1);
/** Whoever is in it is staff of every property, as `shared/http/src/identity/mod.rs` has it. */
const PLATFORM_GROUP = 'platform';

/** Nobody signs up by themselves, and nobody signs in without a second factor. An administrator makes accounts (docs/runbook.md#staff). */
export class StaffPool extends Construct {
  readonly userPool: UserPool;
  /** By which people sign in. */
  readonly person: UserPoolClient;
  /** By which machines of the operator get tokens. */
  readonly machine: UserPoolClient;
  readonly domainUrl: string;

  constructor(scope: Construct, id: string, props: StaffPoolProps) {
    super(scope, id);
    this.userPool = new UserPool(this, 'Users', {
      ...everyPool(props),
      selfSignUpEnabled: false,
      // Whoever reads a person's mail must not become that person: an administrator resets passwords.
      accountRecovery: AccountRecovery.NONE,
      mfa: Mfa.REQUIRED,
      mfaSecondFactor: { otp: true, sms: false },
      passwordPolicy: passwordsOf(16, Duration.days(1)),
    });
    sendFrom(this.userPool, props);
    const domain = this.userPool.addDomain('Domain', { cognitoDomain: { domainPrefix: `holdfast-staff-${Aws.ACCOUNT_ID}` } });
    this.domainUrl = domain.baseUrl();

    const operator = new ResourceServerScope({ scopeName: 'operator', scopeDescription: 'Manage resources and inventory' });
    const server = this.userPool.addResourceServer('Booking', { identifier: 'booking', scopes: [operator] });
    const scopes = [OAuthScope.resourceServer(server, operator)];
    this.person = this.userPool.addClient('Person', {
      // It is known to every browser that signs in: PKCE takes the place of a secret.
      generateSecret: false,
      preventUserExistenceErrors: true,
      accessTokenValidity: TOKEN_OF_A_PERSON,
      idTokenValidity: TOKEN_OF_A_PERSON,
      refreshTokenValidity: SIGN_IN_OF_A_PERSON,
      refreshTokenRotationGracePeriod: REFRESH_REPEATED_WITHIN,
      writeAttributes: WRITTEN_BY_PEOPLE,
      ...(props.staffCallbackUrls.length === 0
        ? { disableOAuth: true }
        : {
            oAuth: {
              flows: { authorizationCodeGrant: true },
              scopes: [OAuthScope.OPENID, ...scopes],
              callbackUrls: [...props.staffCallbackUrls],
            },
          }),
    });
    signInByCodeAlone(this.person);
    // Groups say of which properties somebody is staff (shared/http/src/identity); those of a property come with it (docs/runbook.md#staff).
    new CfnUserPoolGroup(this, 'Platform', {
      userPoolId: this.userPool.userPoolId,
      groupName: PLATFORM_GROUP,
      description: 'Staff of every property',
    });
    this.machine = this.userPool.addClient('Operator', {
      generateSecret: true,
      accessTokenValidity: TOKEN_OF_A_MACHINE,
      oAuth: { flows: { clientCredentials: true }, scopes },
    });
    withoutThreatProtection(this.userPool, props);
  }
}
