/** A booking's payment. `make machines` writes `booking.asl.json` from it, and `docs/statemachines.md`. */
import { PROBLEM, expression, failed, to } from './language.mts';
import type { Assign, MachineSource, Outcomes } from './language.mts';

const ending = (outcome: 'confirmed' | 'cancelled'): Assign => ({ ending: { outcome } });

// Outcomes that several states answer in the same way.
const CANCELLED = 'The guest was quicker: the booking stays cancelled, only the money is put right';
const cancelled: Outcomes = { cancelled: to('VoidPayment', ending('cancelled'), CANCELLED) };
const DECLINED = 'The guest hears it at once and may try another card; the intent is closed after that';
const DECLINE =
  "$merge([{'outcome': 'declined', 'reason': 'payment_declined'}, " +
  "$states.input.declineCode ? {'declineCode': $states.input.declineCode} : {}])";
const declined: Outcomes = { declined: to('FailBooking', { ending: expression(DECLINE) }, DECLINED) };
const VOIDED = 'Lapsed, or voided at the provider';
const voided: Outcomes = { voided: to('FailBooking', failed('payment_voided'), VOIDED) };
const UNPAID = 'Nobody was asked for money; VoidPayment makes sure of it';

export const booking: MachineSource = {
  name: 'booking',
  comment:
    "A booking's payment: claim the hold, authorize, wait for the customer if the bank wants it, confirm, capture. " +
    'Every path ends confirmed and captured, or fully undone once, or parked for a person. When the outcome of a ' +
    'payment is not known the provider is asked before anything is undone. States.ALL does not catch States.Runtime ' +
    'and States.DataLimitExceeded: a rule on the status of executions sends what ends that way to the same queue.',
  begin: {
    does: 'Ids are inputs: a retried task is the same task. `trace` is empty when the caller sent no traceparent',
    assign: {
      ending: { outcome: 'unknown' },
      moneySettled: false,
      bookingFailed: false,
      authorizations: 1,
      captures: 1,
      lateUntil: 0,
      lateSeconds: expression("$number('${LatePaymentSeconds}')"),
    },
    next: 'StartOrResume',
  },
  noted: ['ending', 'moneySettled', 'bookingFailed'],
  states: {
    StartOrResume: {
      does:
        'An operator who has looked into a parked booking starts it again with `resume`: ' +
        'then the provider is asked first (docs/runbook.md)',
      when: '$states.input.resume = true', then: 'InquirePayment', otherwise: 'ClaimHold',
    },

    // --- Claim the hold and ask the bank.
    ClaimHold: {
      does: 'Confirms the claim that came with the pending booking: no expiry takes the hold while the bank is asked',
      retry: 'minute', error: to('FailBooking', failed('service_unavailable'), UNPAID),
      outcomes: {
        claimed: 'CreatePayment',
        dead: to('FailBooking', failed('hold_expired')),
        ...cancelled,
      },
    },
    CreatePayment: {
      does: 'Makes an unconfirmed payment intent and notes its id on the booking: no money moves, so it may be repeated',
      retry: 'minuteProvider', error: to('FailBooking', failed('payment_unavailable'), UNPAID),
      outcomes: { created: 'AuthorizePayment', ...declined, ...cancelled },
    },
    AuthorizePayment: {
      does:
        'Asks the bank. Whatever goes wrong here, the money may be reserved: ' +
        'the provider is asked before anything is undone',
      retry: 'minuteOnce', error: 'InquirePayment', next: 'PaymentOutcome',
    },
    InquirePayment: {
      does: 'Asks the provider what has become of the intent, and notes it on the booking',
      retry: 'hourProvider', next: 'PaymentOutcome',
    },
    PaymentOutcome: {
      does: 'What the bank has said, be it the answer to our request or to our question',
      outcomes: {
        'authorized | captured': 'ConfirmBooking',
        'action_required and $states.input.timeoutSeconds >= 1': to(
          'AwaitCustomer',
          { customerSeconds: expression('$ceil($states.input.timeoutSeconds)') },
          '3-D Secure, and the hold still lives',
        ),
        'action_required and $lateUntil > 0 and $millis() >= $lateUntil': to(
          'VoidPayment', failed('payment_timed_out'), 'Too late even for a late payment',
        ),
        action_required: to(
          'AwaitLatePayment',
          { lateUntil: expression('$lateUntil > 0 ? $lateUntil : $millis() + $lateSeconds * 1000') },
          'The hold has died; a payment may still come',
        ),
        ...declined,
        ...voided,
        'not_started and $authorizations < 3': to(
          'AuthorizePayment',
          { authorizations: expression('$authorizations + 1') },
          'Our request never arrived: once more, under the same key',
        ),
        not_started: to('VoidPayment', failed('payment_unavailable')),
        ...cancelled,
      },
    },

    // --- Wait for the customer.
    AwaitCustomer: {
      does:
        'Prolongs the hold, notes the token and waits for the customer; the webhook or a cancellation resumes it. ' +
        'No heartbeat: nothing runs that could send one, the deadline is the timeout',
      waitSeconds: '$customerSeconds', timedOut: 'InquirePayment', error: 'PauseBeforeInquiry', next: 'InquirePayment',
    },
    AwaitLatePayment: {
      does:
        'The places are open to others again; a payment that still comes is met by ConfirmBooking or by one void. ' +
        'No heartbeat, as above',
      waitSeconds: '$max([1, $ceil(($lateUntil - $millis()) / 1000)])',
      timedOut: to('VoidPayment', failed('payment_timed_out')), error: 'PauseBeforeInquiry', next: 'InquirePayment',
    },
    PauseBeforeInquiry: {
      does: 'The token could not be handed over: the provider is asked every so often instead',
      waitSeconds: 15, next: 'InquirePayment',
    },

    // --- Confirm the booking and take the money.
    ConfirmBooking: {
      does: 'One transaction: places, booking, audit event. A dead hold is taken again if its places are free',
      retry: 'hour',
      outcomes: { confirmed: 'CapturePayment', sold_out: to('VoidPayment', failed('sold_out')), ...cancelled },
    },
    CapturePayment: {
      does: 'Takes the money that was reserved. Whatever goes wrong here, the provider is asked',
      retry: 'hourOnce', error: to('InquireCapture', PROBLEM),
      outcomes: { captured: to('Finished', ending('confirmed')), ...declined, ...voided, ...cancelled },
    },
    InquireCapture: {
      does: 'Asks the provider whether it has captured',
      task: 'InquirePayment', retry: 'hourProvider', next: 'InquireCaptureOutcome',
    },
    InquireCaptureOutcome: {
      does: 'Captured or not, CapturePayment under the same key brings provider and booking to the same state',
      outcomes: {
        'captured | authorized and $captures < 5': to('PauseBeforeCapture', { captures: expression('$captures + 1') }),
        'captured | authorized': to('Park', undefined, '`problem` still says why capturing fails'),
        ...declined,
        ...voided,
        ...cancelled,
      },
    },
    PauseBeforeCapture: { waitSeconds: 3, next: 'CapturePayment' },

    // --- Undo: first the money, or first the booking where the guest waits for the answer.
    VoidPayment: {
      does:
        'Closes the intent, whatever its state, so that nothing can be paid on it any more; ' +
        'without an intent there is nothing to do',
      retry: 'hourProvider',
      outcomes: {
        'voided | refunded': 'MoneySettled',
        captured: to('RefundPayment', undefined, 'Too late to void'),
      },
    },
    RefundPayment: {
      does: 'Gives back what the booking does not justify keeping, under one key',
      retry: 'hourProvider', outcomes: { refunded: 'MoneySettled' },
    },
    MoneySettled: { assign: { moneySettled: true }, next: 'FailOrFinish' },
    FailOrFinish: { when: "$bookingFailed or $ending.outcome = 'cancelled'", then: 'Finished', otherwise: 'FailBooking' },
    FailBooking: {
      does: 'Frees the places, or gives the hold back while it is in time, and marks the booking failed',
      fields: "'reason': $ending.reason", merged: "$ending.declineCode ? {'declineCode': $ending.declineCode} : {}",
      retry: 'hour',
      outcomes: {
        'failed and $moneySettled': 'Finished',
        failed: to('VoidPayment', { bookingFailed: true }),
        'cancelled and $moneySettled': to('Finished', ending('cancelled')),
        ...cancelled,
      },
    },
    Finished: {
      does: '{outcome: confirmed | declined | failed | cancelled, bookingId, reason?, declineCode?}',
      output: "$merge([{'bookingId': $bookingId}, $ending])",
    },
  },
};
