/** The ADR's table of differences has a row for every field of `Variant`, and no other. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { variantFor } from '../lib/local-differences.ts';
import { REPOSITORY_DIR } from './synthesized.ts';

test('docs/adr/0003-local-stack.md lists every difference', () => {
  const text = readFileSync(path.join(REPOSITORY_DIR, 'docs/adr/0003-local-stack.md'), 'utf8');
  const listed = [...text.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1]);
  for (const local of [true, false]) {
    const fields = Object.keys(variantFor(local, () => undefined));
    assert.deepEqual([...listed].sort(), fields.sort());
  }
});

test('the flag is read in one file', () => {
  for (const file of ['auth', 'events', 'functions', 'holdfast-function', 'holdfast-stack', 'http-api', 'observability', 'saga', 'secrets', 'tables']) {
    const text = readFileSync(path.join(REPOSITORY_DIR, `infra/cdk/lib/${file}.ts`), 'utf8');
    assert.doesNotMatch(text, /tryGetContext|isLocal|\blocal\b ===|variantFor/, file);
  }
});
