/**
 * Makes the deployed state machines, the list of their names and their pictures from `statemachines/*.mts`.
 *
 * `npm run machines` (or `make machines`) writes the files; `test/statemachines.test.ts` compares them. The pictures are
 * drawn from the deployed machines, not from their sources.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { booking } from '../../../statemachines/booking.mts';
import { cancellation } from '../../../statemachines/cancellation.mts';
import { machine } from '../../../statemachines/language.mts';
import type { Machine, MachineSource, Rule, State } from '../../../statemachines/language.mts';
import { ENDINGS, ERRORS, FAILURE_REASONS, OUTCOMES, TASKS } from '../../../statemachines/names.mts';

export const REPOSITORY_DIR = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

export const SOURCES: readonly MachineSource[] = [booking, cancellation];

/** Path in the repository, and text, of every generated file. */
export type Files = ReadonlyMap<string, string>;

export function generated(sources: readonly MachineSource[] = SOURCES): Files {
  const machines = new Map(sources.map((source) => [source.name, machine(source)]));
  const names = { tasks: TASKS, outcomes: OUTCOMES, errors: ERRORS, endings: ENDINGS, failureReasons: FAILURE_REASONS };
  return new Map([
    ...[...machines].map(([name, one]): [string, string] => [`statemachines/${name}.asl.json`, json(one)]),
    ['statemachines/names.json', json(names)],
    ['docs/statemachines.md', document(machines)],
  ]);
}

/** Files that are not as `files` has them, by `read`. */
export function outdated(files: Files, read: (file: string) => string | undefined): string[] {
  return [...files].filter(([file, text]) => read(file) !== text).map(([file]) => file);
}

export function fromRepository(file: string): string | undefined {
  try {
    return readFileSync(path.join(REPOSITORY_DIR, file), 'utf8');
  } catch {
    return undefined;
  }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

// --- the pictures ------------------------------------------------------------------------------------------------------

function document(machines: ReadonlyMap<string, Machine>): string {
  const parts = [...machines].map(
    ([name, one]) => `## ${name}

${one.Comment}

\`\`\`mermaid
${picture(one).join('\n')}
\`\`\`

To \`Park\` lead the errors of ${listed(parkedFrom(one))}.

| State | What it does |
| --- | --- |
${rows(one).join('\n')}
`,
  );
  return `<!-- Made by \`make machines\` from statemachines/*.asl.json. -->

# State machines

Rectangles are tasks of the function \`payment\`, rhombs are choices. An arrow's label is the outcome of the task, with a
further condition where there is one; a dotted arrow is an error that is not retried, or a timeout. Two kinds of arrows are
left out: an outcome that no arrow names leads to \`UnexpectedOutcome\`, and below each picture are the states whose errors
lead to \`Park\`. A parked execution fails, and a person decides ([runbook](runbook.md#manual-review-waiting)). The sources
are \`statemachines/*.mts\`.

${parts.join('\n')}`;
}

function listed(names: readonly string[]): string {
  const quoted = names.map((name) => `\`${name}\``);
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}`;
}

function rows(one: Machine): string[] {
  return Object.entries(one.States)
    .filter(([, state]) => state.Type === 'Task')
    .map(([name, state]) => `| \`${name}\` | ${(state.Comment ?? '').replaceAll('|', '\\|')} |`);
}

const UNEXPECTED = 'UnexpectedOutcome';
const PARK = 'Park';

function parkedFrom(one: Machine): string[] {
  return Object.entries(one.States)
    .filter(([, state]) => (state.Catch ?? []).some((rule) => rule.Next === PARK))
    .map(([name]) => name);
}

interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  readonly dotted: boolean;
}

/** The lines of a Mermaid flowchart. */
export function picture(one: Machine): string[] {
  const owners = choiceOwners(one);
  const states = Object.entries(one.States);
  const arrows = states.flatMap(([name, state]) =>
    arrowsOf(name, state)
      .filter(({ to }) => to !== UNEXPECTED && !owners.has(to))
      .map((arrow) => ({ ...arrow, from: owners.get(name) ?? name })),
  );
  const drawn = states.filter(([name]) => !owners.has(name));
  return [
    'flowchart TD',
    ...drawn.map(([name, state]) => `  ${name}${shape(name, state)}`),
    ...merged(arrows).map(({ from, to, label, dotted }) => {
      const line = dotted ? '-.->' : '-->';
      return `  ${from} ${line}${label === '' ? '' : `|"${label}"|`} ${to}`;
    }),
  ];
}

/** Choices that one task alone leads to: the picture has their arrows begin at the task. */
function choiceOwners(one: Machine): Map<string, string> {
  const owners = new Map<string, string>();
  const states = Object.entries(one.States);
  for (const [name] of states.filter(([, state]) => state.Type === 'Choice')) {
    const before = states.filter(([from, state]) => arrowsOf(from, state).some(({ to }) => to === name));
    const [only] = before;
    if (before.length === 1 && only !== undefined && only[1].Type === 'Task') {
      owners.set(name, only[0]);
    }
  }
  return owners;
}

function arrowsOf(from: string, state: State): Arrow[] {
  const arrow = (to: string | undefined, label = '', dotted = false): Arrow[] =>
    to === undefined ? [] : [{ from, to, label, dotted }];
  return [
    ...(state.Choices ?? []).flatMap((rule) => arrow(rule.Next, conditionLabel(rule))),
    ...arrow(state.Default, 'otherwise'),
    ...arrow(state.Next),
    // The document lists them.
    ...(state.Catch ?? []).filter((rule) => rule.Next !== PARK).flatMap((rule) => arrow(rule.Next, errorLabel(rule), true)),
  ];
}

function conditionLabel(rule: Rule): string {
  return expressionLabel(rule.Condition ?? '');
}

function expressionLabel(expression: string): string {
  return expression
    .replace(/^\{% /, '')
    .replace(/ %\}$/, '')
    .replace(/\$states\.input\.outcome = '(\w+)'/, '$1')
    .replace(/\$states\.input\.outcome in \[([^\]]*)\]/, (_, names: string) => names.replaceAll("'", ''))
    .replaceAll('$states.input.', '')
    .replaceAll('$millis()', 'now')
    .replaceAll('$', '')
    .replaceAll('>=', '≥')
    .replaceAll('<', '#lt;')
    .replaceAll('>', '#gt;');
}

function errorLabel(rule: Rule): string {
  return (rule.ErrorEquals ?? [])
    .map((error) => ({ 'States.ALL': 'error', 'States.Timeout': 'timeout' })[error] ?? error)
    .join(', ');
}

/** One arrow for all that lead from one state to another in the same manner. */
function merged(arrows: readonly Arrow[]): Arrow[] {
  const found = new Map<string, Arrow>();
  for (const arrow of arrows) {
    const key = `${arrow.from} ${arrow.to} ${arrow.dotted}`;
    const known = found.get(key);
    found.set(key, known === undefined ? arrow : { ...known, label: `${known.label}<br/>${arrow.label}` });
  }
  return [...found.values()];
}

function shape(name: string, state: State): string {
  switch (state.Type) {
    case 'Task':
      return `["${name}"]`;
    case 'Choice':
      return `{"${name}"}`;
    case 'Wait':
      return `("${name}<br/>${expressionLabel(String(state['Seconds']))} s")`;
    case 'Pass':
      return state.End === true ? `(["${name}"])` : `("${name}")`;
    case 'Fail':
      return `(["${name} (failed)"])`;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [file, text] of generated()) {
    writeFileSync(path.join(REPOSITORY_DIR, file), text);
  }
}
