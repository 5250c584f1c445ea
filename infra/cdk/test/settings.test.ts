/** Context that does not make sense is refused with the name of the key. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { synthesize } from './synthesized.ts';

const REFUSED: readonly [key: string, value: string][] = [
  ['local', 'yes'],
  ['architecture', 'sparc'],
  ['throttleRateLimit', '0'],
  ['latePaymentSeconds', 'soon'],
  ['paymentCallsPerSecond', '0'],
  ['paymentCallsPerSecond', '1001'],
  ['monthlySpendUsd', 'a lot'],
  ['accountConcurrency', '0'],
  ['publicRateLimit', '-1'],
  ['publicBurstLimit', '1.5'],
  ['edgeKey', '0'],
  ['requestsPerAddress', 'few'],
  ['requestsPerToken', '0'],
  ['encryptionKey', 'mine'],
  ['encryptionKey', 'own'],
  ['corsOrigins', '*'],
  ['corsOrigins', 'https://www.example.com/'],
  ['corsOrigins', 'https://www.example.com, https://example.com'],
];

for (const [key, value] of REFUSED) {
  test(`context ${key}=${value} is refused`, () => {
    assert.throws(() => synthesize(true, undefined, { [key]: value }), new RegExp(`context ${key}: `));
  });
}

const REFUSED_ON_AWS: readonly [what: string, context: Readonly<Record<string, string>>, message: RegExp][] = [
  ['a name that is none', { domainName: 'https://booking.example.com', hostedZoneId: 'Z1' }, /context domainName: "https/],
  ['a name without a zone or certificate', { domainName: 'booking.example.com' }, /context domainName: say -c hostedZoneId/],
  ['a zone without a name', { hostedZoneId: 'Z1' }, /context domainName: a hosted zone/],
  [
    'a certificate of another region',
    { domainName: 'booking.example.com', certificateArn: 'arn:aws:acm:eu-central-1:123456789012:certificate/x' },
    /context certificateArn: .* us-east-1/,
  ],
];

for (const [what, context, message] of REFUSED_ON_AWS) {
  test(`for the edge on AWS ${what} is refused`, () => {
    assert.throws(() => synthesize(false, undefined, context), message);
  });
}

test('a key that is none is refused with the two that there are, and the local stack has none of its own', () => {
  for (const local of [false, true]) {
    assert.throws(() => synthesize(local, undefined, { encryptionKey: 'true' }), /context encryptionKey: "true" is neither aws .* nor own /);
  }
  assert.throws(() => synthesize(true, undefined, { encryptionKey: 'own' }), /context encryptionKey: a key of your own is for AWS/);
});

for (const [key, value] of [['stripeApiUrl', 'http://stripe.example'], ['partnerWebhookUrl', 'http://localhost:8423/hooks']] as const) {
  test(`on AWS, context ${key}=${value} is refused`, () => {
    assert.throws(() => synthesize(false, undefined, { [key]: value }), new RegExp(`context ${key}: .* is not https`));
  });
}

test('a function that is not built is named', () => {
  assert.throws(() => synthesize(true, undefined, { lambdaDir: 'nowhere' }), /no nowhere\/search\/bootstrap: build/);
});
