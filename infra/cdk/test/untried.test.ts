/** `docs/untried-on-aws.md`: what only AWS can show has a test that stands in for it and a step that tries it; so has each command of the runbook. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { REPOSITORY_DIR } from './synthesized.ts';

function read(file: string): string {
  return readFileSync(path.join(REPOSITORY_DIR, file), 'utf8');
}

/** The part of a document below a heading. */
function section(text: string, heading: string): string {
  const found = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  assert.ok(found !== undefined, heading);
  return found;
}

/** The cells of a table's rows, without its head. */
function rows(text: string): string[][] {
  const lines = text.split('\n').filter((line) => line.startsWith('| '));
  return lines.slice(2).map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()));
}

const PAGE = read('docs/untried-on-aws.md');
const STEPS = [...section(PAGE, 'Trying it').matchAll(/^(\d+)\. \*\*/gm)].map((match) => match[1] ?? '');

/** A name as a pattern. */
function literally(name: string): string {
  return name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Whether a source has a test of that name; in TypeScript a part of the name will do. */
function hasTest(file: string, name: string): boolean {
  const patterns: Readonly<Record<string, (name: string) => string>> = {
    '.rs': (one) => `#\\[(?:tokio::)?test\\b[^\\n]*\\n(?:\\s*(?:#|//)[^\\n]*\\n)*\\s*(?:async )?fn ${one}\\(`,
    '.py': (one) => `^ +def ${one}\\(self\\b`,
    '.ts': (one) => `^ *test\\([^\\n]*${one}`,
  };
  const pattern = patterns[path.extname(file)];
  if (pattern === undefined || (file.endsWith('.py') && !name.startsWith('test_'))) {
    return false;
  }
  return new RegExp(pattern(literally(name)), 'm').test(read(file));
}

/** What is wrong with a reference to a test (`file`: `its name`) or to steps (`step 1, 2`). */
function fault(reference: string): string | undefined {
  const steps = /^(?:step )?(\d+(?:, \d+)*)$/.exec(reference)?.[1];
  if (steps !== undefined) {
    return steps.split(', ').every((step) => STEPS.includes(step)) ? undefined : `no step ${steps}`;
  }
  const [, file, name] = /^`([^`]+)`: `([^`]+)`$/.exec(reference) ?? [];
  if (file === undefined || name === undefined) {
    return `neither a test nor a step: ${reference}`;
  }
  if (!existsSync(path.join(REPOSITORY_DIR, file))) {
    return `no file ${file}`;
  }
  return hasTest(file, name) ? undefined : `${file} has no test ${name}`;
}

/** The commands of a document: lines of its blocks, and what stands in its text between backticks. */
function commands(document: string): string[] {
  // What is in another language than the shell's is no command.
  const text = document.replaceAll(/^ *```[a-z]+\n[\s\S]*?^ *```$/gm, '');
  const blocks = [...text.matchAll(/^ *```\n([\s\S]*?)^ *```$/gm)].map((match) => match[1] ?? '');
  const lines = blocks.flatMap((block) => block.replaceAll(/ *\\\n */g, ' ').split('\n')).map((line) => line.replace(/ +# .*$/, '').trim());
  const spans = [...text.replaceAll(/^ *```\n[\s\S]*?^ *```$/gm, '').matchAll(/`([^`]+)`/g)].map((match) => (match[1] ?? '').replaceAll('\n', ' '));
  return [...lines.filter((line) => line !== ''), ...spans.filter((span) => /^(aws|make|npx|cargo) \S/.test(span))];
}

test('the steps are counted up from one', () => {
  assert.deepEqual(STEPS, STEPS.map((_, index) => String(index + 1)));
  assert.ok(STEPS.length > 5);
});

test('each thing that only AWS can show has a test that stands in for it, and a step', () => {
  const list = rows(section(PAGE, 'The list'));
  assert.ok(list.length > 20, String(list.length));
  for (const [what, standIn, steps] of list) {
    assert.deepEqual([fault(standIn ?? ''), fault(steps ?? '')], [undefined, undefined], what);
    assert.match(standIn ?? '', /^`/, what);
  }
});

const KNOWN = rows(section(PAGE, 'Commands of the runbook')).map(([command, shown]) => ({ command: (command ?? '').slice(1, -1), shown: shown ?? '' }));

/** The entry that a command begins as. */
function known(command: string): string | undefined {
  return KNOWN.map((one) => one.command).find((one) => `${command} `.startsWith(`${one} `));
}

test('each command of the runbook is run by a test, or tried by a step', () => {
  const found = commands(read('docs/runbook.md'));
  assert.ok(found.length > 20, String(found.length));
  assert.deepEqual(found.filter((command) => known(command) === undefined), []);
  assert.deepEqual(KNOWN.map(({ command, shown }) => [command, fault(shown)]).filter(([, wrong]) => wrong !== undefined), []);
  const used = new Set(found.map(known));
  assert.deepEqual(KNOWN.filter(({ command }) => !used.has(command)), [], 'the runbook has no such command');
});

test('control: a command that nobody tries, and references that lead nowhere, are found', () => {
  const text = 'Do `aws s3 rm everything` and\n```\naws sqs \\\n  purge-queue --queue-url <q>   # all of it\nmake deploy\n```\n';
  assert.deepEqual(commands(text), ['aws sqs purge-queue --queue-url <q>', 'make deploy', 'aws s3 rm everything']);
  assert.deepEqual(commands(text).filter((command) => known(command) === undefined), ['aws sqs purge-queue --queue-url <q>', 'aws s3 rm everything']);
  assert.match(fault('step 99') ?? '', /no step/);
  assert.match(fault('`nowhere.rs`: `a_test`') ?? '', /no file/);
  assert.match(fault('`docs/runbook.md`: `Runbook`') ?? '', /has no test/, 'words are no test');
  for (const [file, name, other] of [
    ['tests/e2e/src/commands.rs', 'make_env_prints_where_everything_is', 'forget_in_search'],
    ['tools/deploy/test_deploy.py', 'test_a_deployment_that_fails_ends_so_and_says_no_more', 'deploy'],
    ['infra/cdk/test/untried.test.ts', 'the steps are counted up from one', 'neither a test nor a step'],
  ]) {
    assert.equal(fault(`\`${file}\`: \`${name}\``), undefined);
    assert.match(fault(`\`${file}\`: \`${other}\``) ?? '', /has no test/);
  }
  assert.match(fault('by looking') ?? '', /neither/);
});

test('the page is found from where somebody deploys or is woken', () => {
  for (const file of ['README.md', 'docs/runbook.md', 'docs/adr/0003-local-stack.md']) {
    assert.match(read(file), /untried-on-aws\.md/, file);
  }
});
