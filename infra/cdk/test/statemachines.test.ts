/**
 * The deployed state machines are what their sources make; and rules that hold for every state of every machine, beyond
 * what asl-validator knows.
 */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { FAILURE_REASONS } from '../../../statemachines/names.mts';
import { STATE_MACHINES_DIR } from '../lib/capabilities/sagas.ts';
import { SOURCES, fromRepository, generated, outdated, picture } from '../scripts/machines.ts';

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

/** Steps that move money: an unknown outcome must lead to a question, never to a blind repetition. */
const ASK_FIRST = ['AuthorizePayment', 'CapturePayment'];

const files = readdirSync(STATE_MACHINES_DIR).filter((name) => name.endsWith('.asl.json'));

test('there are state machines', () => {
  assert.deepEqual(files.sort(), ['booking.asl.json', 'cancellation.asl.json']);
});

test('machines, names and pictures are what the sources make', () => {
  const message = 'these files are not what statemachines/*.mts make: run `make machines`';
  assert.deepEqual(outdated(generated(), fromRepository), [], message);
});

test('control: a machine changed by hand and a changed source are both found', () => {
  const machine = 'statemachines/booking.asl.json';
  const edited = (file: string): string | undefined =>
    file === machine ? fromRepository(file)?.replace('"MaxAttempts": 12', '"MaxAttempts": 13') : fromRepository(file);
  assert.deepEqual(outdated(generated(), edited), [machine]);

  const [booking, cancellation] = SOURCES;
  assert.ok(booking !== undefined && cancellation !== undefined);
  const pause = { waitSeconds: 4, next: 'CapturePayment' };
  const changed = { ...booking, states: { ...booking.states, PauseBeforeCapture: pause } };
  assert.deepEqual(outdated(generated([changed, cancellation]), fromRepository), [machine, 'docs/statemachines.md']);
});

test('a picture has every arrow, but those that its document describes', () => {
  const lines = picture({
    Comment: '',
    QueryLanguage: 'JSONata',
    TimeoutSeconds: 1,
    StartAt: 'One',
    States: {
      One: {
        Type: 'Task',
        Next: 'OneOutcome',
        Catch: [
          { ErrorEquals: ['States.Timeout'], Next: 'End' },
          { ErrorEquals: ['States.ALL'], Next: 'Park' },
        ],
      },
      OneOutcome: {
        Type: 'Choice',
        Choices: [
          { Condition: "{% $states.input.outcome in ['created', 'dead'] %}", Next: 'End' },
          { Condition: "{% $states.input.outcome = 'failed' and $tries < 3 %}", Next: 'One' },
        ],
        Default: 'UnexpectedOutcome',
      },
      End: { Type: 'Pass', End: true },
      Park: { Type: 'Fail' },
    },
  });
  assert.deepEqual(lines, [
    'flowchart TD',
    '  One["One"]',
    '  End(["End"])',
    '  Park(["Park (failed)"])',
    '  One -.->|"timeout"| End',
    '  One -->|"created, dead"| End',
    '  One -->|"failed and tries #lt; 3"| One',
  ]);
});

test('the reasons of failure are those that the machines give, and no other', () => {
  const given = new Set<string>();
  for (const file of files) {
    const text = readFileSync(path.join(STATE_MACHINES_DIR, file), 'utf8');
    for (const match of text.matchAll(/["']reason["']: ["'](\w+)["']/g)) {
      given.add(match[1] ?? '');
    }
  }
  assert.deepEqual([...given].sort(), [...FAILURE_REASONS].sort());
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

  test(`${file}: retries are jittered and bounded`, () => {
    for (const [name, state] of tasks) {
      for (const retrier of state.Retry ?? []) {
        assert.notEqual(retrier.MaxAttempts, undefined, name);
        if (retrier.MaxAttempts === 0) {
          continue;
        }
        assert.equal(retrier.JitterStrategy, 'FULL', name);
        assert.ok((retrier.MaxDelaySeconds ?? 0) > 0, name);
        assert.ok(!retrier.ErrorEquals.includes('States.ALL'), `${name} repeats faults of our own`);
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
