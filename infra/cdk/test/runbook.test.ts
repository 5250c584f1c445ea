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

/** The sections of the runbook that are of alarms. */
function alarmSections(): string[] {
  const text = readFileSync(path.join(REPOSITORY_DIR, 'docs/runbook.md'), 'utf8');
  const alarms = text.split(/^## /m).find((part) => part.startsWith('Alarms\n'));
  return [...(alarms ?? '').matchAll(/^### (.+)$/gm)].map((match) => anchor(match[1] ?? ''));
}

test('every alarm links to a section of the runbook, and every alarm section has its alarm', () => {
  const { template, edgeTemplate } = synthesize(false);
  assert.ok(edgeTemplate !== undefined);
  const linked = new Set<string>();
  for (const [id, alarm] of [template, edgeTemplate].flatMap((one) => resourcesOf(one, 'AWS::CloudWatch::Alarm'))) {
    const description = String(alarm.Properties['AlarmDescription']);
    const [file, section] = description.split('#');
    assert.equal(file, 'docs/runbook.md', `${id}: ${description}`);
    assert.ok(section !== undefined && alarmSections().includes(section), `${id}: no section ${description}`);
    assert.notEqual((alarm.Properties['AlarmActions'] as unknown[]).length, 0, id);
    linked.add(section);
  }
  for (const [id, { Properties }] of resourcesOf(template, 'AWS::Budgets::Budget')) {
    const { BudgetName: name } = Properties['Budget'] as { BudgetName: string };
    const section = /^[^:\\]{1,100}$/.test(name) ? name.split(' docs/runbook.md#')[1] : undefined;
    assert.ok(section !== undefined && alarmSections().includes(section), `${id}: no section ${name}`);
    linked.add(section);
  }
  assert.deepEqual([...linked].sort(), alarmSections().sort());
});

test('whoever is woken finds each alarm at the top of the runbook', () => {
  const top = readFileSync(path.join(REPOSITORY_DIR, 'docs/runbook.md'), 'utf8').split(/^## /m)[0] ?? '';
  const index = top.slice(top.indexOf('**An alarm has rung:**'), top.indexOf('**No alarm:**'));
  assert.deepEqual([...index.matchAll(/\(#([^)]+)\)/g)].map((match) => match[1]), alarmSections());
});

test('what commands of the runbook are given by the name of an output, the stack says', () => {
  const named = [...readFileSync(path.join(REPOSITORY_DIR, 'docs/runbook.md'), 'utf8').matchAll(/<([A-Z][A-Za-z]+[a-z][A-Za-z]*)>/g)];
  const names = new Set(named.map((match) => match[1] ?? ''));
  assert.ok(names.size > 12, [...names].join(', '));
  const { Outputs: outputs } = synthesize(false).template;
  assert.deepEqual([...names].filter((name) => !(name in outputs)), []);
});

/** What is wrong with how the runbook sends people back to a release that may not know of a key of one's own. */
function rollbacksThatLoseTheKey(text: string): readonly string[] {
  const [home, key] = ['deploying-over-the-release-before', 'a-key-of-your-own'];
  const ofHome = text.split(/^## /m).find((part) => anchor(part.split('\n')[0] ?? '') === home) ?? '';
  const described = ofHome.split('\n\n').find((part) => part.startsWith('**Rolling back')) ?? '';
  const elsewhere = text.replace(ofHome, '').split('\n\n').filter((part) => /\broll back\b/i.test(part) && !part.includes(`(#${home})`));
  return [
    ...(described.includes(`(#${key})`) && described.includes('`encryptionKey`') ? [] : [`where rolling back is described: ${described}`]),
    ...elsewhere,
  ];
}

test('whoever is told to roll back comes by what to do first with a key of their own', () => {
  const text = readFileSync(path.join(REPOSITORY_DIR, 'docs/runbook.md'), 'utf8');
  assert.deepEqual(rollbacksThatLoseTheKey(text), []);
  // Control: a paragraph that sends back and says no more is found, and so is a description without the key.
  assert.equal(rollbacksThatLoseTheKey(`${text}\n\nSince a deployment: roll back.\n`).length, 1);
  assert.equal(rollbacksThatLoseTheKey(text.replaceAll('`encryptionKey`', '')).length, 1);
});

test('links from code and state machines into the runbook lead somewhere', () => {
  const known = [...sections('docs/runbook.md', '##'), ...sections('docs/runbook.md', '###')];
  for (const file of ['statemachines/booking.asl.json', 'statemachines/cancellation.asl.json', 'infra/cdk/lib/foundations/secrets.ts']) {
    for (const match of readFileSync(path.join(REPOSITORY_DIR, file), 'utf8').matchAll(/docs\/runbook\.md#([a-z-]+)/g)) {
      assert.ok(known.includes(match[1] ?? ''), `${file}: ${match[0]}`);
    }
  }
});
