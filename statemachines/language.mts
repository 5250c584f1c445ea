/**
 * The form in which `booking.mts` and `cancellation.mts` are written, and its translation into the Amazon States
 * Language (https://states-language.net) with JSONata.
 *
 * A task that has `outcomes` makes two states: the task, and the choice by its outcome, named after it. A choice by
 * outcome sends what it does not name to `UnexpectedOutcome`; a task sends errors that it does not retry to `Park`,
 * unless `error` names another state. Both states are made for every machine.
 */
import type { FailureReason, Outcome, Task } from './names.mts';
import { RETRY } from './retries.mts';
import type { Retrier, RetryPolicy } from './retries.mts';

// --- what is written ---------------------------------------------------------------------------------------------------

/** Variables of the execution and their new values. */
export type Assign = Readonly<Record<string, unknown>>;

/** The next state, or that with new values of variables and a comment. */
export type To = string | Way;
interface Way {
  readonly next: string;
  readonly assign: Assign | undefined;
  readonly note: string | undefined;
}

/** An outcome, or two of them, and perhaps a further condition. */
type OneOrTwo = Outcome | `${Outcome} | ${Outcome}`;
type OutcomeRule = OneOrTwo | `${OneOrTwo} and ${string}`;
export type Outcomes = { readonly [rule in OutcomeRule]?: To };

/** Calls the function `payment`. */
export interface TaskSource {
  readonly does: string;
  readonly retry: RetryPolicy;
  /** Where errors lead that are not retried; `Park` if it is left out. */
  readonly error?: To;
  /** The task, if it is not named like the state. */
  readonly task?: Task;
  /** More of the payload than the task and the booking: fields, and an object to be merged in. */
  readonly fields?: string;
  readonly merged?: string;
  readonly outcomes?: Outcomes;
  /** The choice that this task shares with another. */
  readonly next?: string;
}

/** Hands a token over and waits for whoever sends it back. */
export interface CallbackSource {
  readonly does: string;
  /** The longest wait, an expression. */
  readonly waitSeconds: string;
  readonly timedOut: To;
  readonly error: To;
  readonly next: string;
}

/** A choice by the outcome of the tasks that lead to it. */
export interface OutcomeSource {
  readonly does: string;
  readonly outcomes: Outcomes;
}

/** A choice by a condition. */
export interface IfSource {
  readonly does?: string;
  readonly when: string;
  readonly then: string;
  readonly otherwise: string;
}

export interface PauseSource {
  readonly does?: string;
  /** A number, or an expression. */
  readonly waitSeconds: number | string;
  readonly next: string;
}

/** Sets variables. */
export interface AssignSource {
  readonly does?: string;
  readonly assign: Assign;
  readonly next: string;
}

/** Ends the execution well. */
export interface EndSource {
  readonly does?: string;
  readonly output: string;
}

export type StateSource = TaskSource | CallbackSource | OutcomeSource | IfSource | PauseSource | AssignSource | EndSource;

export interface MachineSource {
  readonly name: string;
  readonly comment: string;
  /** Variables beside the booking's id, the trace and `problem`. */
  readonly begin: { readonly does?: string; readonly assign: Assign; readonly next: string };
  readonly states: Readonly<Record<string, StateSource>>;
  /** Variables that the note for a person has beside `problem`. */
  readonly noted: readonly string[];
}

/** A JSONata expression as the value of a field. */
export function expression(text: string): string {
  return `{% ${text} %}`;
}

/** To the state `next`, with new values of variables. */
export function to(next: string, assign?: Assign, note?: string): To {
  return { next, assign, note };
}

/** Notes that the booking will end failed, and why. */
export function failed(reason: FailureReason): Assign {
  return { ending: { outcome: 'failed', reason } };
}

/** Keeps the error, and where it happened, for the person who reads the note. */
export const PROBLEM: Assign = {
  problem: expression(
    "{'state': $states.context.State.Name, 'error': $states.errorOutput.Error, " +
      "'cause': $substring($string($states.errorOutput.Cause), 0, 2000)}",
  ),
};

// --- what is made of it ------------------------------------------------------------------------------------------------

/** Rules of a choice and of a Catch. */
export interface Rule {
  readonly Comment?: string;
  readonly Condition?: string;
  readonly ErrorEquals?: readonly string[];
  readonly Assign?: Assign;
  readonly Next: string;
}

export interface State {
  readonly Type: 'Pass' | 'Choice' | 'Task' | 'Wait' | 'Fail';
  readonly Comment?: string;
  readonly Choices?: readonly Rule[];
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly Rule[];
  readonly Next?: string;
  readonly Default?: string;
  readonly End?: boolean;
  readonly [field: string]: unknown;
}

export interface Machine {
  readonly Comment: string;
  readonly QueryLanguage: 'JSONata';
  readonly TimeoutSeconds: number;
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

/** Two days; the longest honest path takes some hours. */
const EXECUTION_SECONDS_MAX = 172_800;
/** The function ends after 60 s (`infra/cdk/lib/capabilities/payments.ts`). */
const TASK_SECONDS_MAX = 70;
const UNEXPECTED = 'UnexpectedOutcome';
const PARK = 'Park';

/** The deployed machine. */
export function machine(source: MachineSource): Machine {
  const { does, assign, next } = source.begin;
  const ids: Assign = {
    bookingId: expression('$states.input.bookingId'),
    trace: expression("$exists($states.input.traceparent) ? {'traceparent': $states.input.traceparent} : {}"),
  };
  const states: Record<string, State> = {
    Begin: { Type: 'Pass', ...comment(does), Assign: { ...ids, ...assign, problem: {} }, Next: next },
  };
  for (const [name, one] of Object.entries(source.states)) {
    Object.assign(states, translated(name, one));
  }
  return {
    Comment: source.comment,
    QueryLanguage: 'JSONata',
    TimeoutSeconds: EXECUTION_SECONDS_MAX,
    StartAt: 'Begin',
    States: { ...states, ...parking(source) },
  };
}

function translated(name: string, source: StateSource): Record<string, State> {
  if ('retry' in source) {
    const choose = `${name}Outcome`;
    const task: State = {
      Type: 'Task',
      Comment: source.does,
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: call(source.task ?? name, source.fields, source.merged),
      Output: expression('$states.result.Payload'),
      TimeoutSeconds: TASK_SECONDS_MAX,
      Retry: RETRY[source.retry],
      Catch: [rule(source.error ?? to(PARK, PROBLEM), { ErrorEquals: ['States.ALL'] })],
      Next: source.next ?? choose,
    };
    return source.outcomes === undefined ? { [name]: task } : { [name]: task, [choose]: byOutcome(source.outcomes) };
  }
  if ('error' in source) {
    const state: State = {
      Type: 'Task',
      Comment: source.does,
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Arguments: call(name, "'taskToken': $states.context.Task.Token"),
      TimeoutSeconds: expression(source.waitSeconds),
      Retry: RETRY.minuteCallback,
      Catch: [
        rule(source.timedOut, { ErrorEquals: ['States.Timeout'] }),
        rule(source.error, { ErrorEquals: ['States.ALL'] }),
      ],
      Next: source.next,
    };
    return { [name]: state };
  }
  if ('outcomes' in source) {
    return { [name]: byOutcome(source.outcomes, source.does) };
  }
  if ('when' in source) {
    const choices = [rule(source.then, { Condition: expression(source.when) })];
    return { [name]: { Type: 'Choice', ...comment(source.does), Choices: choices, Default: source.otherwise } };
  }
  if ('waitSeconds' in source) {
    const { does, waitSeconds, next } = source;
    const seconds = typeof waitSeconds === 'number' ? waitSeconds : expression(waitSeconds);
    return { [name]: { Type: 'Wait', ...comment(does), Seconds: seconds, Next: next } };
  }
  if ('assign' in source) {
    return { [name]: { Type: 'Pass', ...comment(source.does), Assign: source.assign, Next: source.next } };
  }
  return { [name]: { Type: 'Pass', ...comment(source.does), Output: expression(source.output), End: true } };
}

function byOutcome(outcomes: Outcomes, does?: string): State {
  const choices = Object.entries<To | undefined>(outcomes).flatMap(([written, way]) => {
    if (way === undefined) {
      return [];
    }
    const [names = '', ...and] = written.split(' and ');
    const quoted = names.split(' | ').map((name) => `'${name}'`);
    const is = quoted.length === 1 ? `= ${quoted[0]}` : `in [${quoted.join(', ')}]`;
    return rule(way, { Condition: expression([`$states.input.outcome ${is}`, ...and].join(' and ')) });
  });
  return { Type: 'Choice', ...comment(does), Choices: choices, Default: UNEXPECTED };
}

function rule(way: To, by: Pick<Rule, 'Condition' | 'ErrorEquals'>): Rule {
  const { next, assign, note } = typeof way === 'string' ? { next: way, assign: undefined, note: undefined } : way;
  return { ...comment(note), ...by, ...(assign === undefined ? {} : { Assign: assign }), Next: next };
}

function comment(text: string | undefined): { readonly Comment?: string } {
  return text === undefined ? {} : { Comment: text };
}

function call(task: string, fields?: string, merged?: string): Readonly<Record<string, string>> {
  const named = [`'task': '${task}'`, "'bookingId': $bookingId", ...(fields === undefined ? [] : [fields])].join(', ');
  const objects = [`{${named}}`, ...(merged === undefined ? [] : [merged]), '$trace'].join(', ');
  return { FunctionName: '${PaymentFunctionArn}', Payload: expression(`$merge([${objects}])`) };
}

/** What every machine does with what it cannot bring to an end: a note for a person, and a failed execution. */
function parking({ name, noted }: MachineSource): Record<string, State> {
  const fields = ['problem', ...noted].map((variable) => `'${variable}': $${variable}`).join(', ');
  const ids = `'machine': '${name}', 'bookingId': $bookingId, 'execution': $states.context.Execution.Id`;
  const waits = (which: string): string =>
    expression(`'booking ' & $bookingId & ' waits for a person${which}: ' & $string($problem)`);
  return {
    [UNEXPECTED]: {
      Type: 'Pass',
      Comment: 'An outcome this machine does not know: a fault of ours, for a person to look at',
      Assign: {
        problem: expression(`{'error': '${UNEXPECTED}', 'cause': $substring($string($states.input), 0, 2000)}`),
      },
      Next: PARK,
    },
    [PARK]: {
      Type: 'Task',
      Comment: 'Nothing is guessed: a person decides (docs/runbook.md#manual-review-waiting)',
      Resource: 'arn:aws:states:::sqs:sendMessage',
      Arguments: {
        QueueUrl: '${ManualReviewQueueUrl}',
        MessageBody: expression(`$string({${ids}, ${fields}})`),
      },
      TimeoutSeconds: 30,
      Retry: RETRY.queue,
      Catch: [rule('ParkedWithoutNote', { ErrorEquals: ['States.ALL'] })],
      Next: 'Parked',
    },
    Parked: { Type: 'Fail', Comment: 'The failed execution raises the alarm', Error: 'Parked', Cause: waits('') },
    ParkedWithoutNote: {
      Type: 'Fail',
      Comment: "Any error but `Parked` is put into the manual-review queue by a rule on the executions' status",
      Error: 'ParkedWithoutNote',
      Cause: waits(', and the note about it could not be left'),
    },
  };
}
