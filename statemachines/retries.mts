/** The retry policies of both machines by name: which errors a task repeats, how often and for how long. */
import type { TaskError } from './names.mts';

/** Errors of AWS: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html */
type ServiceError = `Lambda.${string}` | `Runtime.${string}` | `Sandbox.${string}` | `States.${string}`;

export interface Retrier {
  readonly Comment: string;
  readonly ErrorEquals: readonly (TaskError | ServiceError)[];
  readonly IntervalSeconds?: number;
  readonly BackoffRate?: number;
  readonly MaxAttempts: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: 'FULL';
}

/** First pause, growth of the pauses, number of attempts, longest pause. */
type Pace = readonly [intervalSeconds: number, backoffRate: number, attempts: number, longestSeconds: number];

function retrier(comment: string, errors: Retrier['ErrorEquals'], pace: Pace): Retrier {
  const [IntervalSeconds, BackoffRate, MaxAttempts, MaxDelaySeconds] = pace;
  const limits = { IntervalSeconds, BackoffRate, MaxAttempts, MaxDelaySeconds };
  return { Comment: comment, ErrorEquals: errors, ...limits, JitterStrategy: 'FULL' };
}

/** The task was certainly not done: somebody wrote first, something is away or throttles, or the function did not run. */
const NOT_DONE: Retrier['ErrorEquals'] = [
  'Conflict',
  'StoreUnavailable',
  'ProviderUnavailable',
  'Lambda.TooManyRequestsException',
];
/** The function may have run or not; its tasks may be repeated. */
const INTERRUPTED: Retrier['ErrorEquals'] = [
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.Unknown',
  'Runtime.ExitError',
  'Sandbox.Timedout',
  'States.Timeout',
];
const UNKNOWN: Retrier['ErrorEquals'] = ['PaymentOutcomeUnknown'];

const minute = (errors: Retrier['ErrorEquals']): Retrier =>
  retrier('About a minute: the guest waits, and what follows an error parks no money', errors, [1, 2, 12, 10]);
const hour = (errors: Retrier['ErrorEquals']): Retrier =>
  retrier('Longer than an hour: whatever passes is waited out', errors, [1, 2, 360, 25]);
const never: Retrier = {
  Comment: 'Never repeated blindly: the provider is asked first',
  ErrorEquals: UNKNOWN,
  MaxAttempts: 0,
};

/**
 * The policies. A task has one budget for everything that passes, whatever passes by turns: `minute` where nobody has paid
 * and an error undoes the booking or asks the provider, `hour` where money or places are held and an error would put them
 * before a person. "Once" policies leave an interrupted call and an unknown outcome to the state's Catch, which asks the
 * provider; the others repeat an interrupted call.
 */
export const RETRY = {
  /** The task does not reach the provider, or its unknown outcome is a fault of ours. */
  minute: [minute([...NOT_DONE, ...INTERRUPTED])],
  /** The task reaches the provider and moves no money. */
  minuteProvider: [minute([...NOT_DONE, ...INTERRUPTED, ...UNKNOWN])],
  /** The task hands a token over; an interrupted call waits for the state's timeout. */
  minuteCallback: [minute(NOT_DONE)],
  /** The task reserves money. */
  minuteOnce: [never, minute(NOT_DONE)],
  hour: [hour([...NOT_DONE, ...INTERRUPTED])],
  hourProvider: [hour([...NOT_DONE, ...INTERRUPTED, ...UNKNOWN])],
  /** The task takes money. */
  hourOnce: [never, hour(NOT_DONE)],
  queue: [hour(['States.TaskFailed', 'States.Timeout'])],
} as const satisfies Readonly<Record<string, readonly Retrier[]>>;

export type RetryPolicy = keyof typeof RETRY;
