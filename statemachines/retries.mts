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

const OUTAGES: readonly TaskError[] = ['ProviderUnavailable', 'StoreUnavailable'];
const OUTAGES_OR_UNKNOWN: readonly TaskError[] = [...OUTAGES, 'PaymentOutcomeUnknown'];

const contention = retrier('Another writer was first: soon again', ['Conflict'], [1, 1.5, 15, 5]);
const notRun = retrier('The function did not run', ['Lambda.TooManyRequestsException'], [1, 2, 30, 30]);
const interrupted = retrier(
  'The function may have run or not; its tasks may be repeated',
  [
    'Lambda.ServiceException',
    'Lambda.AWSLambdaException',
    'Lambda.SdkClientException',
    'Lambda.ClientExecutionTimeoutException',
    'Lambda.Unknown',
    'Runtime.ExitError',
    'Sandbox.Timedout',
    'States.Timeout',
  ],
  [2, 2, 10, 30],
);
const minute = (errors: readonly TaskError[]): Retrier =>
  retrier('About a minute: nobody has paid yet, and the guest waits', errors, [1, 2, 12, 10]);
const hour = (errors: readonly TaskError[]): Retrier =>
  retrier('Longer than an hour: an outage is waited out', errors, [2, 2, 360, 25]);
const never: Retrier = {
  Comment: 'Never repeated blindly: the provider is asked first',
  ErrorEquals: ['PaymentOutcomeUnknown'],
  MaxAttempts: 0,
};

/**
 * The policies. "Minute" and "hour" say how long an outage is waited out. "Once" policies leave an interrupted call and
 * an unknown outcome to the state's Catch, which asks the provider; the others repeat an interrupted call.
 */
export const RETRY = {
  /** The task does not reach the provider, or its unknown outcome is a fault of ours. */
  minute: [contention, notRun, interrupted, minute(OUTAGES)],
  /** The task reaches the provider and moves no money. */
  minuteProvider: [contention, notRun, interrupted, minute(OUTAGES_OR_UNKNOWN)],
  /** The task hands a token over; an interrupted call waits for the state's timeout. */
  minuteCallback: [contention, notRun, minute(OUTAGES)],
  /** The task reserves money. */
  minuteOnce: [never, contention, notRun, minute(OUTAGES)],
  hour: [contention, notRun, interrupted, hour(OUTAGES)],
  hourProvider: [contention, notRun, interrupted, hour(OUTAGES_OR_UNKNOWN)],
  /** The task takes money. */
  hourOnce: [never, contention, notRun, hour(OUTAGES)],
  queue: [retrier('The queue is out of reach', ['States.TaskFailed', 'States.Timeout'], [2, 2, 10, 60])],
} as const satisfies Readonly<Record<string, readonly Retrier[]>>;

export type RetryPolicy = keyof typeof RETRY;
