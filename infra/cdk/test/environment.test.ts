/** A function's environment has the variables that its `main.rs` names, and no other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HoldfastFunction } from '../lib/holdfast-function.ts';
import { captured, compositions, sourcesOf } from './sources.ts';
import { resourcesOf, synthesize } from './synthesized.ts';
import type { Template } from './synthesized.ts';

const CONFIG = 'runtime/src/config.rs';
const VARIABLE = /\bVariable::([A-Z]\w+)/g;

const runtime = sourcesOf(/^runtime$/);
/** Names in the environment, by names in Rust. */
const NAMES: ReadonlyMap<string, string> = new Map(
  [...(runtime.get(CONFIG) ?? '').matchAll(/^ {4}(\w+), "(\w+)", ".*";$/gm)].map((match) => [match[1] ?? '', match[2] ?? '']),
);
/** What the runtime reads in every function; it starts without those that nobody has set. */
const OF_THE_RUNTIME = new Set([...runtime].flatMap(([file, text]) => (file === CONFIG ? [] : variablesOf(text))));

function variablesOf(text: string): readonly string[] {
  return captured(text, VARIABLE).map((variable) => NAMES.get(variable) ?? `unknown ${variable}`);
}

/** Variables that one side has and the other has not, as `function: needless VARIABLE` or `function: missing VARIABLE`. */
function differences(template: Template, mains: ReadonlyMap<string, string>): readonly string[] {
  const given = new Map(
    resourcesOf(template, 'AWS::Lambda::Function').map(([, { Properties }]) => {
      const { Variables } = Properties['Environment'] as { Variables: Record<string, unknown> };
      return [String(Properties['FunctionName']).replace(/^holdfast-/, ''), Object.keys(Variables)];
    }),
  );
  return [...mains].flatMap(([name, main]) => {
    const own = (variables: readonly string[]): ReadonlySet<string> =>
      new Set(variables.filter((variable) => !OF_THE_RUNTIME.has(variable)));
    const [has, names] = [own(given.get(name) ?? []), own(variablesOf(main))];
    return [
      ...[...has].filter((variable) => !names.has(variable)).map((variable) => `${name}: needless ${variable}`),
      ...[...names].filter((variable) => !has.has(variable)).map((variable) => `${name}: missing ${variable}`),
    ];
  });
}

test("a function's environment has the variables that its composition names, and no other", () => {
  assert.deepEqual([...OF_THE_RUNTIME].sort(), ['AWS_ENDPOINT_URL', 'AWS_REGION', 'HOLDFAST_EDGE_KEYS', 'HOLDFAST_LOG', 'HOLDFAST_PUBLIC_URL', 'HOLDFAST_TOKEN_ISSUERS']);
  assert.deepEqual(differences(synthesize(false).template, compositions()), []);
});

test('control: a variable too many and a variable too few are found', () => {
  const { template } = synthesize(false, undefined, {}, {
    adapt: (stack) => {
      const bookings = HoldfastFunction.below(stack).find(({ name }) => name === 'bookings');
      bookings?.lambda.addEnvironment('HOLDFAST_HOLDS_TABLE', stack.foundations.tables.holds.tableName);
    },
  });
  const mains = new Map(compositions());
  mains.set('relay', `${mains.get('relay') ?? ''}\n// Variable::SearchTable, Variable::Unheard`);
  assert.deepEqual(differences(template, mains), [
    'bookings: needless HOLDFAST_HOLDS_TABLE',
    'relay: missing HOLDFAST_SEARCH_TABLE',
    'relay: missing unknown Unheard',
  ]);
});
