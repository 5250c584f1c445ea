/** Who may do what, against its golden file: whatever a change gives or takes away is seen in its difference. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { grantsOf } from './grants.ts';
import { CDK_DIR, synthesize } from './synthesized.ts';

const GOLDEN = path.join(CDK_DIR, 'test/golden/grants.json');

test('every function has the grants of the golden file, and no other', () => {
  const grants = grantsOf(synthesize(false));
  if (process.env['UPDATE_GOLDEN'] === '1') {
    writeFileSync(GOLDEN, `${JSON.stringify(grants, null, 2)}\n`);
  }
  const message = 'grants have changed: look at the difference, then npm run test:update';
  assert.deepEqual(grants, JSON.parse(readFileSync(GOLDEN, 'utf8')), message);
});
