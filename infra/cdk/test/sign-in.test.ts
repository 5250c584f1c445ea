/** Signing in at the user pools: where people come back to, by which flow, what watches it, who sends the pools' mails; and what staff need to sign in, and they alone may have. */
import type { CfnUserPoolClient } from 'aws-cdk-lib/aws-cognito';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { REPOSITORY_DIR, resourcesOf, synthesize } from './synthesized.ts';
import type { Changes, Template } from './synthesized.ts';

type Properties = Readonly<Record<string, unknown>>;

const GUESTS = 'Auth/Pool/Users';
const STAFF = 'Auth/Staff/Users';

function clientAt(template: Template, paths: ReadonlyMap<string, string>, place: string): Properties {
  const found = resourcesOf(template, 'AWS::Cognito::UserPoolClient').find(([id]) => paths.get(id) === place);
  assert.ok(found !== undefined, place);
  return found[1].Properties;
}

/** The guests' pool, and the client by which they sign in. */
function signIn(context: Readonly<Record<string, string>>): { pool: Properties; guest: Properties; findings: readonly string[] } {
  const { template, findings, paths } = synthesize(false, undefined, context);
  const at = (type: string, place: string): Properties => {
    const [found, ...more] = resourcesOf(template, type).filter(([id]) => paths.get(id) === place);
    assert.ok(found !== undefined && more.length === 0, place);
    return found[1].Properties;
  };
  return { pool: at('AWS::Cognito::UserPool', 'Auth/Pool/Users'), guest: at('AWS::Cognito::UserPoolClient', 'Auth/Pool/Users/Guest'), findings };
}

test('until a deployment says where guests come back to, nobody signs in, and never to this machine', () => {
  const nobody = signIn({}).guest;
  assert.equal(nobody['AllowedOAuthFlowsUserPoolClient'], false);
  assert.deepEqual([nobody['AllowedOAuthFlows'], nobody['CallbackURLs']], [undefined, undefined]);
  const { guest } = signIn({ guestCallbackUrls: 'https://www.example.com/back,https://m.example.com/back' });
  assert.deepEqual(guest['AllowedOAuthFlows'], ['code']);
  assert.deepEqual(guest['CallbackURLs'], ['https://www.example.com/back', 'https://m.example.com/back']);
});

const BY_CODE: readonly Record<string, string>[] = [
  {},
  { guestCallbackUrls: 'https://www.example.com/back', staffCallbackUrls: 'https://desk.example.com/back' },
];

/** The flows of Cognito's own calls that a client allows: those that it names, or what Cognito takes where it names none. */
function flowsOf(client: Properties): readonly string[] {
  const named = (client['ExplicitAuthFlows'] ?? []) as readonly string[];
  return named.length > 0 ? named : ['ALLOW_CUSTOM_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH', 'ALLOW_USER_SRP_AUTH'];
}

for (const local of [false, true]) {
  test(`${local ? 'local' : 'aws'}: nobody signs in by the calls of the pool itself`, () => {
    for (const context of BY_CODE) {
      const { template, paths } = synthesize(local, undefined, context);
      for (const place of [`${GUESTS}/Guest`, `${STAFF}/Person`]) {
        // A custom flow is led by the triggers of its pool, and no pool has any. No password, SRP, choice of the user or refresh by a call.
        assert.deepEqual(flowsOf(clientAt(template, paths, place)), ['ALLOW_CUSTOM_AUTH'], place);
      }
      const pools = resourcesOf(template, 'AWS::Cognito::UserPool');
      assert.equal(pools.length, 2);
      assert.deepEqual(pools.map(([, { Properties }]) => Properties['LambdaConfig']), [undefined, undefined]);
    }
  });

  test(`${local ? 'local' : 'aws'}: each refresh replaces the refresh token of a person, and an answer that was lost is asked for again`, () => {
    for (const context of BY_CODE) {
      const { template, paths } = synthesize(local, undefined, context);
      for (const place of [`${GUESTS}/Guest`, `${STAFF}/Person`]) {
        const client = clientAt(template, paths, place);
        assert.deepEqual(client['RefreshTokenRotation'], { Feature: 'ENABLED', RetryGracePeriodSeconds: 30 }, place);
        // A token that was replaced is of no use only where tokens can be revoked, which they can unless a client says no.
        assert.notEqual(client['EnableTokenRevocation'], false, place);
      }
    }
  });

  test(`${local ? 'local' : 'aws'}: of what a pool knows of a person that person may change the address alone, and only to one that is theirs`, () => {
    for (const context of BY_CODE) {
      const { template, paths } = synthesize(local, undefined, context);
      for (const place of [`${GUESTS}/Guest`, `${STAFF}/Person`]) {
        // Without a list, or with an empty one, all standard attributes may be written.
        assert.deepEqual(clientAt(template, paths, place)['WriteAttributes'], ['email'], place);
      }
      const pools = resourcesOf(template, 'AWS::Cognito::UserPool');
      assert.deepEqual(pools.map(([id]) => paths.get(id)).sort(), [GUESTS, STAFF]);
      for (const [id, { Properties }] of pools) {
        assert.deepEqual(Properties['UserAttributeUpdateSettings'], { AttributesRequireVerificationBeforeUpdate: ['email'] }, id);
        // What is verified before an update must be verified at all; and a pool that requires another attribute needs it written by every client.
        assert.deepEqual([Properties['AutoVerifiedAttributes'], Properties['Schema']], [['email'], undefined], id);
      }
    }
  });

  test(`${local ? 'local' : 'aws'}: machines have no refresh token, and nothing to rotate`, () => {
    const { template, paths } = synthesize(local, undefined, BY_CODE[1]);
    for (const place of [`${GUESTS}/Partner`, `${STAFF}/Operator`]) {
      const { AllowedOAuthFlows: flows, ExplicitAuthFlows: explicit, RefreshTokenRotation: rotation } = clientAt(template, paths, place);
      assert.deepEqual([flows, explicit, rotation], [['client_credentials'], undefined, undefined], place);
    }
  });
}

test('control: a client that names no flow, or an empty list, allows what cannot be with rotation', () => {
  for (const none of [{}, { ExplicitAuthFlows: [] }]) {
    assert.ok(flowsOf(none).includes('ALLOW_REFRESH_TOKEN_AUTH') && flowsOf(none).includes('ALLOW_USER_SRP_AUTH'));
  }
});

for (const local of [false, true]) {
  test(`${local ? 'local' : 'aws'}: the group of the platform is one of staff, under the name that functions read`, () => {
    const { template, paths } = synthesize(local, undefined, {});
    const groups = resourcesOf(template, 'AWS::Cognito::UserPoolGroup');
    assert.equal(groups.length, 1);
    const [group] = groups;
    const pool = resourcesOf(template, 'AWS::Cognito::UserPool').find(([id]) => paths.get(id) === STAFF);
    assert.deepEqual(group?.[1].Properties['UserPoolId'], { Ref: pool?.[0] });
    const read = readFileSync(path.join(REPOSITORY_DIR, 'shared/http/src/identity/mod.rs'), 'utf8');
    assert.equal(group?.[1].Properties['GroupName'], /const PLATFORM: &str = "([^"]+)"/.exec(read)?.[1]);
  });
}

test('threat protection is asked for by its price', () => {
  const [without, asked] = [signIn({}), signIn({ threatProtection: 'true' })];
  assert.deepEqual([without.pool['UserPoolTier'], without.pool['UserPoolAddOns']], ['ESSENTIALS', undefined]);
  assert.deepEqual([asked.pool['UserPoolTier'], asked.pool['UserPoolAddOns']], ['PLUS', { AdvancedSecurityMode: 'ENFORCED' }]);
  assert.deepEqual([without.findings, asked.findings], [[], []]);
});

test('the pool sends its mails from the sender that SES has verified, once it is named', () => {
  assert.equal(signIn({}).pool['EmailConfiguration'], undefined);
  const sender = signIn({ mailFrom: 'bookings@mail.example.com' }).pool['EmailConfiguration'] as Properties;
  assert.deepEqual([sender['EmailSendingAccount'], sender['From']], ['DEVELOPER', 'bookings@mail.example.com']);
  assert.match(JSON.stringify(sender['SourceArn']), /identity\/mail\.example\.com/);
});

interface Client {
  readonly pool: string;
  readonly scopes: readonly string[];
}

/** Every client with its pool and the scopes that it may ask for; of each pool the scopes that it knows. */
function clientsOf(local: boolean, adapt?: Changes['adapt']): { clients: ReadonlyMap<string, Client>; known: ReadonlyMap<string, readonly string[]> } {
  const context = { guestCallbackUrls: 'https://www.example.com/back', staffCallbackUrls: 'https://desk.example.com/back' };
  const { template, paths } = synthesize(local, undefined, context, adapt === undefined ? {} : { adapt });
  const place = (reference: unknown): string => paths.get((reference as { Ref: string }).Ref) ?? JSON.stringify(reference);
  // A scope is the identifier of its resource server, by reference or by name, with its own name.
  const named = (scope: unknown): string => (typeof scope === 'string' ? scope : ((scope as { 'Fn::Join': [string, string[]] })['Fn::Join'][1].at(-1) ?? ''));
  const clients = resourcesOf(template, 'AWS::Cognito::UserPoolClient').map(([id, { Properties }]): [string, Client] => [
    paths.get(id) ?? id,
    { pool: place(Properties['UserPoolId']), scopes: ((Properties['AllowedOAuthScopes'] ?? []) as unknown[]).map(named).sort() },
  ]);
  const known = resourcesOf(template, 'AWS::Cognito::UserPoolResourceServer').map(([, { Properties }]): [string, readonly string[]] => [
    place(Properties['UserPoolId']),
    (Properties['Scopes'] as { ScopeName: string }[]).map(({ ScopeName }) => ScopeName).sort(),
  ]);
  return { clients: new Map(clients), known: new Map(known) };
}

/** The clients outside the pool of staff that could have the scope of operators. */
function intruders({ clients }: ReturnType<typeof clientsOf>): readonly string[] {
  return [...clients].filter(([, { pool, scopes }]) => pool !== STAFF && scopes.some((scope) => scope.endsWith('/operator'))).map(([name]) => name);
}

for (const local of [false, true]) {
  test(`${local ? 'local' : 'aws'}: the scope of operators is to be had from the pool of staff alone`, () => {
    const found = clientsOf(local);
    assert.deepEqual(Object.fromEntries(found.clients), {
      [`${GUESTS}/Guest`]: { pool: GUESTS, scopes: ['/guest', 'openid'] },
      [`${GUESTS}/Partner`]: { pool: GUESTS, scopes: ['/partner'] },
      [`${STAFF}/Person`]: { pool: STAFF, scopes: ['/operator', 'openid'] },
      [`${STAFF}/Operator`]: { pool: STAFF, scopes: ['/operator'] },
    });
    assert.deepEqual(Object.fromEntries(found.known), { [GUESTS]: ['guest', 'partner'], [STAFF]: ['operator'] });
    assert.deepEqual(intruders(found), []);
  });
}

test('control: a client of guests with the scope of operators is found', () => {
  const found = clientsOf(false, (stack) => {
    const client = stack.node.findChild('Auth').node.findChild('Pool').node.findChild('Users').node.findChild('Guest');
    (client.node.defaultChild as CfnUserPoolClient).allowedOAuthScopes = ['booking/operator'];
  });
  assert.deepEqual(intruders(found), [`${GUESTS}/Guest`]);
});

test('nobody makes an account of staff but an administrator, and nobody signs in to one without a second factor', () => {
  const { template, paths } = synthesize(false);
  const pool = resourcesOf(template, 'AWS::Cognito::UserPool').find(([id]) => paths.get(id) === STAFF)?.[1].Properties ?? {};
  assert.deepEqual(pool['AdminCreateUserConfig'], { AllowAdminCreateUserOnly: true });
  assert.deepEqual([pool['MfaConfiguration'], pool['EnabledMfas']], ['ON', ['SOFTWARE_TOKEN_MFA']]);
  // No mail resets a password: whoever reads a person's mail is not that person.
  assert.deepEqual(pool['AccountRecoverySetting'], { RecoveryMechanisms: [{ Name: 'admin_only', Priority: 1 }] });
  const { PasswordPolicy: password } = pool['Policies'] as { PasswordPolicy: Record<string, unknown> };
  assert.deepEqual([password['MinimumLength'], password['TemporaryPasswordValidityDays']], [16, 1]);
  assert.deepEqual([pool['DeletionProtection'], pool['UserPoolName']], ['ACTIVE', undefined]);
});

test("a person's token ends after a quarter of an hour, and a sign-in with the working day", () => {
  const { template, paths } = synthesize(false, undefined, { staffCallbackUrls: 'https://desk.example.com/back' });
  const of = (name: string): Properties => resourcesOf(template, 'AWS::Cognito::UserPoolClient').find(([id]) => paths.get(id) === `${STAFF}/${name}`)?.[1].Properties ?? {};
  const [person, machine] = [of('Person'), of('Operator')];
  assert.deepEqual([person['AccessTokenValidity'], person['IdTokenValidity'], person['RefreshTokenValidity']], [15, 15, 600]);
  assert.deepEqual(person['TokenValidityUnits'], { AccessToken: 'minutes', IdToken: 'minutes', RefreshToken: 'minutes' });
  assert.deepEqual([person['AllowedOAuthFlows'], person['GenerateSecret']], [['code'], false]);
  assert.deepEqual([machine['AllowedOAuthFlows'], machine['GenerateSecret'], machine['CallbackURLs']], [['client_credentials'], true, undefined]);
  const nobody = resourcesOf(synthesize(false).template, 'AWS::Cognito::UserPoolClient').find(([id]) => paths.get(id) === `${STAFF}/Person`)?.[1].Properties;
  assert.equal(nobody?.['AllowedOAuthFlowsUserPoolClient'], false);
});

for (const local of [false, true]) {
  test(`${local ? 'local' : 'aws'}: functions believe each pool's clients, each for its own scopes, and no pool for two kinds`, () => {
    const { template, paths } = synthesize(local);
    const environments = resourcesOf(template, 'AWS::Lambda::Function').map(
      ([, { Properties }]) => (Properties['Environment'] as { Variables: Record<string, unknown> }).Variables['HOLDFAST_TOKEN_ISSUERS'],
    );
    const told = environments.filter((one) => one !== undefined);
    assert.equal(told.length, 6, 'bookings, cancel, confirm, hold, resources, search');
    // References by the places of what they refer to.
    const text = (one: unknown): string => {
      const { Ref, 'Fn::Join': joined, 'Fn::GetAtt': attribute } = (typeof one === 'string' ? {} : one) as Record<string, unknown>;
      const name = (id: unknown): string => paths.get(String(id)) ?? String(id);
      if (Ref !== undefined) return name(Ref);
      if (attribute !== undefined) return `${name((attribute as string[])[0])}.${(attribute as string[])[1]}`;
      return joined === undefined ? String(one) : (joined as [string, unknown[]])[1].map(text).join('');
    };
    const expected = local
      ? [
          { url: 'http://localhost:8422', clients: ['holdfast-local'], scopes: ['booking/guest', 'booking/partner'] },
          { name: 'staff', url: 'http://localhost:8422/staff', clients: ['holdfast-local-staff'], scopes: ['booking/operator'] },
          {
            name: 'pool',
            url: `https://cognito-idp.AWS::Region.amazonaws.com/${GUESTS}`,
            keys: `http://localhost:4566/${GUESTS}/.well-known/jwks.json`,
            clients: [`${GUESTS}/Guest`],
            scopes: ['booking/guest'],
          },
        ]
      : [
          { url: `${GUESTS}.ProviderURL`, clients: [`${GUESTS}/Guest`, `${GUESTS}/Partner`], scopes: ['booking/guest', 'booking/partner'] },
          { name: 'staff', url: `${STAFF}.ProviderURL`, clients: [`${STAFF}/Person`, `${STAFF}/Operator`], scopes: ['booking/operator'] },
        ];
    for (const one of told) {
      assert.deepEqual(JSON.parse(text(one)), expected);
    }
  });
}
