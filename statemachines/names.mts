/**
 * The names that the state machines share with the code. `names.json` is made of them; tests hold it against the
 * machines and against the enums of `shared/workflow`.
 */

/** Tasks of the function `payment`. */
export const TASKS = [
  'ClaimHold',
  'CreatePayment',
  'AuthorizePayment',
  'InquirePayment',
  'AwaitCustomer',
  'AwaitLatePayment',
  'ConfirmBooking',
  'CapturePayment',
  'VoidPayment',
  'RefundPayment',
  'FailBooking',
  'SettleCancellation',
] as const;
export type Task = (typeof TASKS)[number];

/** Outcomes of tasks that a machine chooses by. */
export const OUTCOMES = [
  'claimed',
  'dead',
  'created',
  'authorized',
  'action_required',
  'declined',
  'not_started',
  'confirmed',
  'sold_out',
  'captured',
  'voided',
  'refunded',
  'failed',
  'settled',
  'cancelled',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Errors of tasks that a machine retries or catches by name. */
export const ERRORS = ['Conflict', 'ProviderUnavailable', 'StoreUnavailable', 'PaymentOutcomeUnknown'] as const;
export type TaskError = (typeof ERRORS)[number];

/** How a booking's execution ends. */
export const ENDINGS = ['confirmed', 'declined', 'failed', 'cancelled'] as const;
export type Ending = (typeof ENDINGS)[number];

/** Why a booking failed: the `reason` of `FailBooking` and of the execution's output. */
export const FAILURE_REASONS = [
  'hold_expired',
  'sold_out',
  'payment_declined',
  'payment_timed_out',
  'payment_voided',
  'payment_unavailable',
  'service_unavailable',
] as const;
export type FailureReason = (typeof FAILURE_REASONS)[number];
