/** Rules that hold for every state of every state machine, beyond what asl-validator knows. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { STATE_MACHINES_DIR } from '../lib/saga.ts';

interface Handler {
  readonly ErrorEquals: readonly string[];
  readonly Next?: string;
  readonly MaxAttempts?: number;
  readonly JitterStrategy?: string;
  readonly MaxDelaySeconds?: number;
}

interface State {
  readonly Type: string;
  readonly Comment?: string;
  readonly Resource?: string;
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly { readonly Condition: string; readonly Next: string }[];
  readonly TimeoutSeconds?: number | string;
  readonly Retry?: readonly Handler[];
  readonly Catch?: readonly Handler[];
  readonly End?: boolean;
}

interface Machine {
  readonly Comment?: string;
  readonly QueryLanguage?: string;
  readonly StartAt: string;
  readonly TimeoutSeconds?: number;
  readonly States: Readonly<Record<string, State>>;
}

/** Business answers come back as outcomes; of the errors these may pass by themselves. */
const TRANSIENT = ['ProviderUnavailable', 'StoreUnavailable'];
/** Somebody else wrote first: no outage, so it has a retrier of its own. */
const CONTENTION = ['Conflict'];
/** Steps that move money: an unknown outcome must lead to a question, never to a blind repetition. */
const ASK_FIRST = ['AuthorizePayment', 'CapturePayment'];

const files = readdirSync(STATE_MACHINES_DIR).filter((name) => name.endsWith('.asl.json'));

test('there are state machines', () => {
  assert.deepEqual(files.sort(), ['booking.asl.json', 'cancellation.asl.json']);
});

for (const file of files) {
  const machine = JSON.parse(readFileSync(path.join(STATE_MACHINES_DIR, file), 'utf8')) as Machine;
  const states = Object.entries(machine.States);
  const tasks = states.filter(([, state]) => state.Type === 'Task');

  test(`${file}: says what it is, in JSONata, and ends in finite time`, () => {
    assert.ok((machine.Comment ?? '').length > 0);
    assert.equal(machine.QueryLanguage, 'JSONata');
    assert.ok((machine.TimeoutSeconds ?? 0) > 0);
  });

  test(`${file}: every task has a timeout, and leaves no error uncaught`, () => {
    for (const [name, state] of tasks) {
      assert.notEqual(state.TimeoutSeconds, undefined, name);
      assert.deepEqual(state.Catch?.at(-1)?.ErrorEquals, ['States.ALL'], name);
      assert.ok((state.Comment ?? '').length > 0, name);
    }
  });

  test(`${file}: retries are jittered and bounded, transient errors apart from contention`, () => {
    for (const [name, state] of tasks) {
      for (const retrier of state.Retry ?? []) {
        assert.notEqual(retrier.MaxAttempts, undefined, name);
        if (retrier.MaxAttempts === 0) {
          continue;
        }
        assert.equal(retrier.JitterStrategy, 'FULL', name);
        assert.ok((retrier.MaxDelaySeconds ?? 0) > 0, name);
        assert.ok(!retrier.ErrorEquals.includes('States.ALL'), `${name} repeats faults of our own`);
        const transient = TRANSIENT.some((error) => retrier.ErrorEquals.includes(error));
        const contention = CONTENTION.some((error) => retrier.ErrorEquals.includes(error));
        assert.ok(!(transient && contention), name);
      }
    }
  });

  test(`${file}: an unknown outcome of a step that moves money is asked about`, () => {
    for (const [name, state] of tasks.filter(([task]) => ASK_FIRST.includes(task))) {
      const first = state.Retry?.[0];
      assert.deepEqual([first?.ErrorEquals, first?.MaxAttempts], [['PaymentOutcomeUnknown'], 0], name);
      for (const catcher of state.Catch ?? []) {
        assert.match(catcher.Next ?? '', /^Inquire/, name);
      }
    }
  });

  test(`${file}: an outcome nobody thought of is parked`, () => {
    for (const [name, state] of states.filter(([, one]) => one.Type === 'Choice')) {
      const asks = (state.Choices ?? []).some((choice) => choice.Condition.includes('$states.input.outcome'));
      if (asks) {
        assert.equal(state.Default, 'UnexpectedOutcome', name);
      }
    }
  });

  test(`${file}: every state is reached, and every path can end`, () => {
    const next = (state: State): string[] =>
      [
        state.Next,
        state.Default,
        ...(state.Choices ?? []).map((choice) => choice.Next),
        ...(state.Catch ?? []).map((catcher) => catcher.Next),
      ].filter((name): name is string => name !== undefined);
    const reached = new Set<string>();
    const follow = (name: string): void => {
      if (!reached.has(name)) {
        reached.add(name);
        const state = machine.States[name];
        assert.ok(state, `no state ${name}`);
        next(state).forEach(follow);
      }
    };
    follow(machine.StartAt);
    assert.deepEqual([...reached].sort(), states.map(([name]) => name).sort());

    const ends = new Set(states.filter(([, state]) => state.End === true || state.Type === 'Fail').map(([name]) => name));
    for (let grown = true; grown; ) {
      const before = ends.size;
      for (const [name, state] of states) {
        if (next(state).some((one) => ends.has(one))) {
          ends.add(name);
        }
      }
      grown = ends.size > before;
    }
    assert.equal(ends.size, states.length);
  });
}
