/** Who may call: the authorizer of the HTTP API and, on AWS, the user pool that issues the tokens. */
import { Duration, Stack, Validations } from 'aws-cdk-lib';
import type { RemovalPolicy } from 'aws-cdk-lib';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import {
  AccountRecovery,
  FeaturePlan,
  Mfa,
  OAuthScope,
  ResourceServerScope,
  UserPool,
  UserPoolClient,
} from 'aws-cdk-lib/aws-cognito';
import type { IUserPoolResourceServer } from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import type { TokenIssuer } from '../local-differences.ts';

/** The scopes that tokens carry. */
export const SCOPES: readonly string[] = ['booking/guest', 'booking/operator', 'booking/partner'];

export interface AuthProps {
  readonly tokenIssuer: TokenIssuer;
  readonly removalPolicy: RemovalPolicy;
  readonly deletionProtection: boolean;
  readonly guestCallbackUrls: readonly string[];
}

export class Auth extends Construct {
  readonly authorizer: HttpJwtAuthorizer;
  /** Names and values worth printing after a deployment. */
  readonly outputs: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, props: AuthProps) {
    super(scope, id);
    switch (props.tokenIssuer.kind) {
      case 'external': {
        const { issuerUrl, audience } = props.tokenIssuer;
        this.authorizer = new HttpJwtAuthorizer('Jwt', issuerUrl, { jwtAudience: [audience] });
        this.outputs = { TokenIssuerUrl: issuerUrl, TokenAudience: audience };
        break;
      }
      case 'cognito': {
        const pool = new GuestPool(this, 'Pool', props);
        // A Cognito access token has no `aud`; the authorizer compares `client_id` instead.
        this.authorizer = new HttpJwtAuthorizer('Jwt', pool.issuerUrl, {
          jwtAudience: [pool.guest, pool.operator, pool.partner].map((client) => client.userPoolClientId),
        });
        this.outputs = {
          TokenIssuerUrl: pool.issuerUrl,
          UserPoolId: pool.userPool.userPoolId,
          UserPoolDomain: pool.domainUrl,
          GuestClientId: pool.guest.userPoolClientId,
          OperatorClientId: pool.operator.userPoolClientId,
          PartnerClientId: pool.partner.userPoolClientId,
        };
        break;
      }
    }
  }
}

/**
 * Guests sign in themselves and can only ever get the guest scope. Operators and partners are machines with a client
 * secret: Cognito gives every user of a client all of that client's scopes, so a client that people may sign in to
 * must not carry the operator's.
 */
class GuestPool extends Construct {
  readonly userPool: UserPool;
  readonly guest: UserPoolClient;
  readonly operator: UserPoolClient;
  readonly partner: UserPoolClient;
  readonly issuerUrl: string;
  readonly domainUrl: string;

  constructor(scope: Construct, id: string, props: AuthProps) {
    super(scope, id);
    const stack = Stack.of(this);
    this.userPool = new UserPool(this, 'Users', {
      featurePlan: FeaturePlan.ESSENTIALS,
      selfSignUpEnabled: true,
      signInAliases: { email: true },
      autoVerify: { email: true },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      mfa: Mfa.OPTIONAL,
      mfaSecondFactor: { otp: true, sms: false },
      passwordPolicy: {
        minLength: 12,
        requireDigits: true,
        requireLowercase: true,
        requireUppercase: true,
        requireSymbols: true,
        tempPasswordValidity: Duration.days(3),
      },
      deletionProtection: props.deletionProtection,
      removalPolicy: props.removalPolicy,
    });
    this.issuerUrl = this.userPool.userPoolProviderUrl;
    const domain = this.userPool.addDomain('Domain', {
      cognitoDomain: { domainPrefix: `holdfast-${stack.account}` },
    });
    this.domainUrl = domain.baseUrl();

    const scopes = {
      guest: new ResourceServerScope({ scopeName: 'guest', scopeDescription: 'Hold, book and cancel for oneself' }),
      operator: new ResourceServerScope({ scopeName: 'operator', scopeDescription: 'Manage resources and inventory' }),
      partner: new ResourceServerScope({ scopeName: 'partner', scopeDescription: 'Exchange inventory' }),
    };
    const server = this.userPool.addResourceServer('Booking', {
      identifier: 'booking',
      scopes: Object.values(scopes),
    });

    this.guest = this.userPool.addClient('Guest', {
      generateSecret: false,
      authFlows: { userSrp: true },
      preventUserExistenceErrors: true,
      oAuth: {
        flows: { authorizationCodeGrant: true },
        scopes: [OAuthScope.OPENID, OAuthScope.resourceServer(server, scopes.guest)],
        callbackUrls: [...props.guestCallbackUrls],
      },
    });
    this.operator = this.machineClient('Operator', server, [scopes.operator, scopes.guest]);
    this.partner = this.machineClient('Partner', server, [scopes.partner]);

    Validations.of(this.userPool).acknowledge(
      { id: 'AwsSolutions-COG2', reason: 'Guests may choose a second factor; forcing one on every guest costs bookings' },
      { id: 'AwsSolutions-COG3', reason: 'Threat protection needs the Plus plan, priced per guest; to be decided by the operator' },
      { id: 'AwsSolutions-COG8', reason: 'The Plus plan is priced per guest; to be decided by the operator' },
    );
  }

  private machineClient(id: string, server: IUserPoolResourceServer, scopes: ResourceServerScope[]): UserPoolClient {
    return this.userPool.addClient(id, {
      generateSecret: true,
      accessTokenValidity: Duration.hours(1),
      oAuth: {
        flows: { clientCredentials: true },
        scopes: scopes.map((scope) => OAuthScope.resourceServer(server, scope)),
      },
    });
  }
}
