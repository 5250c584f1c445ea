/** The ADR's table of differences has a row for every field of `Variant`, and no other. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { variantFor } from '../lib/local-differences.ts';
import { CDK_DIR, REPOSITORY_DIR } from './synthesized.ts';

const LIB_DIR = path.join(CDK_DIR, 'lib');

test('docs/adr/0003-local-stack.md lists every difference', () => {
  const text = readFileSync(path.join(REPOSITORY_DIR, 'docs/adr/0003-local-stack.md'), 'utf8');
  const listed = [...text.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1]);
  for (const local of [true, false]) {
    const fields = Object.keys(variantFor(local, () => undefined));
    assert.deepEqual([...listed].sort(), fields.sort());
  }
});

test('the flag is read in one file', () => {
  const readers = ['local-differences.ts', 'settings.ts'];
  const files = readdirSync(LIB_DIR, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  assert.ok(readers.every((reader) => files.includes(reader)) && files.length > 20, files.join(', '));
  for (const file of files.filter((file) => !readers.includes(file))) {
    const text = readFileSync(path.join(LIB_DIR, file), 'utf8');
    assert.doesNotMatch(text, /tryGetContext|isLocal|\blocal\b ===|variantFor/, file);
  }
});
