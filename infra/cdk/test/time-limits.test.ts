/**
 * One budget of time: whoever waits for another waits longer than that one takes at most. So an answer that comes is always heard,
 * and what did not come is known by the one who asked.
 *
 * A step of a saga changes something at the provider once, asks it some times, each time with a second try, and writes down what
 * it was answered. The function has time for the turn that a new payment waits for, 3 s at most, for a change that takes all of its
 * 25 s, for two questions whose tries run out, 2 x 2 x 5 s, and 8 s for the store: 60 s, the state 70 s. A step that takes longer is ended
 * and repeated, under the same key.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sourcesOf } from './sources.ts';
import { resourcesOf, synthesize } from './synthesized.ts';

/** Seconds of a `Duration` of the Rust sources. */
function seconds(file: string, name: string): number {
  const text = [...sourcesOf(/./)].find(([path]) => path === file)?.[1] ?? '';
  const found = new RegExp(`const ${name}: (?:Signed)?Duration = (?:Signed)?Duration::from_secs\\((\\d+)\\)`).exec(text)?.[1];
  assert.ok(found !== undefined, `${file}: ${name}`);
  return Number(found);
}

const CHANGE = seconds('adapters-stripe/src/client.rs', 'CALL_TIMEOUT');
const QUESTION = 2 * seconds('adapters-stripe/src/client.rs', 'READ_TIMEOUT');
const TURN = seconds('app/src/payments/pace.rs', 'AUTHORIZE_WAIT_MAX');
const STORE = seconds('runtime/src/sdk.rs', 'OPERATION_TIMEOUT');

const { template } = synthesize(false);
const functions = new Map(
  resourcesOf(template, 'AWS::Lambda::Function').map(([, { Properties }]) => [String(Properties['FunctionName']), Number(Properties['Timeout'])]),
);

/** The limits of the states that call the function `payment`, of both machines. */
function stepLimits(): readonly number[] {
  const machines = resourcesOf(template, 'AWS::StepFunctions::StateMachine').map(([, { Properties }]) => JSON.stringify(Properties['DefinitionString']));
  return machines.flatMap((text) => [...text.matchAll(/lambda:invoke\\+",.{0,2000}?TimeoutSeconds\\+": ?(\d+)/g)].map(([, limit]) => Number(limit)));
}

test('a bank may take 25 s', () => {
  assert.equal(CHANGE, 25);
});

test('a step of a saga has time for all that the provider and the store may take, and its state waits longer than that', () => {
  const payment = functions.get('holdfast-payment') ?? 0;
  assert.ok(TURN + CHANGE + 2 * QUESTION + STORE <= payment, `${payment} s`);
  const limits = stepLimits();
  assert.ok(limits.length > 10, `${limits.length} states`);
  assert.deepEqual(limits.filter((limit) => limit <= payment), []);
});

test('who asks the provider once has time for the answer', () => {
  const hurried = ['holdfast-stripe-webhook', 'holdfast-reconciliation'].filter((name) => QUESTION >= (functions.get(name) ?? 0));
  assert.deepEqual(hurried, []);
});
