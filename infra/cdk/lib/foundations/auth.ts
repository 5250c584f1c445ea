/** Who may call: the user pools with the accounts of guests and of staff, and whose tokens functions believe for what. */
import { Aws, Duration, Stack, Validations } from 'aws-cdk-lib';
import {
  AccountRecovery,
  Mfa,
  OAuthScope,
  ResourceServerScope,
  UserPool,
  UserPoolClient,
} from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import type { TokenIssuers } from '../local-differences.ts';
import { StaffPool } from './staff-pool.ts';
import { REFRESH_REPEATED_WITHIN, WRITTEN_BY_PEOPLE, everyPool, passwordsOf, sendFrom, signInByCodeAlone, withoutThreatProtection } from './user-pool.ts';
import type { PoolProps } from './user-pool.ts';

/** The scopes that each issuer may vouch for: a token with another's is not believed (`shared/http/src/identity`). */
const VOUCHES = {
  guests: ['booking/guest', 'booking/partner'],
  staff: ['booking/operator'],
} as const;

/** The scopes that tokens carry. */
export const SCOPES: readonly string[] = Object.values(VOUCHES).flat();

/** An issuer of tokens as the verifier in the functions reads it. */
interface Issuer {
  /** Stands before the names of its callers; the first issuer that there was has none. */
  readonly name?: string;
  readonly url: string;
  /** Where its keys are, if not below its URL. */
  readonly keys?: string;
  readonly clients: readonly string[];
  readonly scopes: readonly string[];
}

export interface AuthProps extends PoolProps {
  readonly tokenIssuer: TokenIssuers;
  readonly guestCallbackUrls: readonly string[];
  readonly staffCallbackUrls: readonly string[];
}

export class Auth extends Construct {
  /** The accounts of guests. */
  readonly guests: UserPool;
  /** Whose tokens functions believe, as they read it. */
  readonly issuers: string;
  /** Names and values worth printing after a deployment. */
  readonly outputs: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, props: AuthProps) {
    super(scope, id);
    const guests = new GuestPool(this, 'Pool', props);
    const staff = new StaffPool(this, 'Staff', props);
    this.guests = guests.userPool;
    const { tokenIssuer } = props;
    const [ofGuests, ofStaff] =
      tokenIssuer.kind === 'external'
        ? [tokenIssuer.guests, tokenIssuer.staff]
        : [
            { url: guests.userPool.userPoolProviderUrl, clients: [guests.guest, guests.partner].map((client) => client.userPoolClientId) },
            { url: staff.userPool.userPoolProviderUrl, clients: [staff.person, staff.machine].map((client) => client.userPoolClientId) },
          ];
    const issuers: readonly Issuer[] = [
      { ...ofGuests, scopes: VOUCHES.guests },
      { name: 'staff', ...ofStaff, scopes: VOUCHES.staff },
      // Guests may sign in at the emulator's pool, whose tokens name AWS: there nobody has its keys.
      ...(tokenIssuer.kind === 'external'
        ? [{
            name: 'pool',
            url: `https://cognito-idp.${Aws.REGION}.amazonaws.com/${guests.userPool.userPoolId}`,
            keys: `${tokenIssuer.pools}/${guests.userPool.userPoolId}/.well-known/jwks.json`,
            clients: [guests.guest.userPoolClientId],
            scopes: ['booking/guest'],
          }]
        : []),
    ];
    this.issuers = Stack.of(this).toJsonString(issuers);
    this.outputs = {
      TokenIssuerUrl: ofGuests.url,
      StaffTokenIssuerUrl: ofStaff.url,
      UserPoolId: guests.userPool.userPoolId,
      UserPoolDomain: guests.domainUrl,
      GuestClientId: guests.guest.userPoolClientId,
      PartnerClientId: guests.partner.userPoolClientId,
      StaffPoolId: staff.userPool.userPoolId,
      StaffPoolDomain: staff.domainUrl,
      StaffClientId: staff.person.userPoolClientId,
      OperatorClientId: staff.machine.userPoolClientId,
    };
  }
}

/**
 * Guests sign in themselves and can only ever get the guest scope. Partners are machines with a client secret: Cognito gives every
 * user of a client all of that client's scopes. The scope of operators is not known here at all (`StaffPool`).
 */
class GuestPool extends Construct {
  readonly userPool: UserPool;
  readonly guest: UserPoolClient;
  readonly partner: UserPoolClient;
  readonly domainUrl: string;

  constructor(scope: Construct, id: string, props: AuthProps) {
    super(scope, id);
    this.userPool = new UserPool(this, 'Users', {
      ...everyPool(props),
      selfSignUpEnabled: true,
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      mfa: Mfa.OPTIONAL,
      mfaSecondFactor: { otp: true, sms: false },
      passwordPolicy: passwordsOf(12, Duration.days(3)),
    });
    sendFrom(this.userPool, props);
    const domain = this.userPool.addDomain('Domain', {
      cognitoDomain: { domainPrefix: `holdfast-${Aws.ACCOUNT_ID}` },
    });
    this.domainUrl = domain.baseUrl();

    const scopes = {
      guest: new ResourceServerScope({ scopeName: 'guest', scopeDescription: 'Hold, book and cancel for oneself' }),
      partner: new ResourceServerScope({ scopeName: 'partner', scopeDescription: 'Exchange inventory' }),
    };
    const server = this.userPool.addResourceServer('Booking', {
      identifier: 'booking',
      scopes: Object.values(scopes),
    });

    this.guest = this.userPool.addClient('Guest', {
      generateSecret: false,
      preventUserExistenceErrors: true,
      refreshTokenRotationGracePeriod: REFRESH_REPEATED_WITHIN,
      writeAttributes: WRITTEN_BY_PEOPLE,
      ...(props.guestCallbackUrls.length === 0
        ? { disableOAuth: true }
        : {
            oAuth: {
              flows: { authorizationCodeGrant: true },
              scopes: [OAuthScope.OPENID, OAuthScope.resourceServer(server, scopes.guest)],
              callbackUrls: [...props.guestCallbackUrls],
            },
          }),
    });
    signInByCodeAlone(this.guest);
    this.partner = this.userPool.addClient('Partner', {
      generateSecret: true,
      accessTokenValidity: Duration.hours(1),
      oAuth: { flows: { clientCredentials: true }, scopes: [OAuthScope.resourceServer(server, scopes.partner)] },
    });

    Validations.of(this.userPool).acknowledge(
      { id: 'AwsSolutions-COG2', reason: 'Guests may choose a second factor; forcing one on every guest costs bookings' },
    );
    withoutThreatProtection(this.userPool, props);
  }
}
