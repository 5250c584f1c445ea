/** Whoever follows an alarm's description arrives at a section of the runbook, and no section waits for an alarm that is gone. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { REPOSITORY_DIR, resourcesOf, synthesize } from './synthesized.ts';

/** The anchor that a Markdown heading gets. */
function anchor(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}\s-]/gu, '')
    .replace(/\s+/g, '-');
}

function sections(file: string, level: string): string[] {
  const text = readFileSync(path.join(REPOSITORY_DIR, file), 'utf8');
  return [...text.matchAll(new RegExp(`^${level} (.+)$`, 'gm'))].map((match) => anchor(match[1] ?? ''));
}

test('every alarm links to a section of the runbook, and every alarm section has its alarm', () => {
  const { template } = synthesize(false);
  const linked = new Set<string>();
  for (const [id, alarm] of resourcesOf(template, 'AWS::CloudWatch::Alarm')) {
    const description = String(alarm.Properties['AlarmDescription']);
    const [file, section] = description.split('#');
    assert.equal(file, 'docs/runbook.md', `${id}: ${description}`);
    assert.ok(section !== undefined && sections(file, '###').includes(section), `${id}: no section ${description}`);
    assert.notEqual((alarm.Properties['AlarmActions'] as unknown[]).length, 0, id);
    linked.add(section);
  }
  assert.deepEqual([...linked].sort(), sections('docs/runbook.md', '###').sort());
});

test('links from code and state machines into the runbook lead somewhere', () => {
  const known = [...sections('docs/runbook.md', '##'), ...sections('docs/runbook.md', '###')];
  for (const file of ['statemachines/booking.asl.json', 'statemachines/cancellation.asl.json', 'infra/cdk/lib/foundations/secrets.ts']) {
    for (const match of readFileSync(path.join(REPOSITORY_DIR, file), 'utf8').matchAll(/docs\/runbook\.md#([a-z-]+)/g)) {
      assert.ok(known.includes(match[1] ?? ''), `${file}: ${match[0]}`);
    }
  }
});
