/** Context that does not make sense is refused with the name of the key. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { synthesize } from './synthesized.ts';

const REFUSED: readonly [key: string, value: string][] = [
  ['local', 'yes'],
  ['architecture', 'sparc'],
  ['throttleRateLimit', '0'],
  ['latePaymentSeconds', 'soon'],
  ['corsOrigins', '*'],
  ['corsOrigins', 'https://www.example.com/'],
  ['corsOrigins', 'https://www.example.com, https://example.com'],
];

for (const [key, value] of REFUSED) {
  test(`context ${key}=${value} is refused`, () => {
    assert.throws(() => synthesize(true, undefined, { [key]: value }), new RegExp(`context ${key}: `));
  });
}

test('a function that is not built is named', () => {
  assert.throws(() => synthesize(true, undefined, { lambdaDir: 'nowhere' }), /no nowhere\/search\/bootstrap: build/);
});
