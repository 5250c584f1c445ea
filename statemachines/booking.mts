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
// The customer has until the hold expires. The provider is asked 20 seconds before, from then on every 5, and in the last second:
// whoever is done in time is not late because a webhook is.
const LEFT = '$states.input.timeoutSeconds';
const UNTIL_ASKED = `${LEFT} > 25 ? ${LEFT} - 20 : (${LEFT} > 6 ? 5 : $max([1, ${LEFT} - 1]))`;
const UNPAID = 'Nobody was asked for money; VoidPayment makes sure of it';

export const booking: MachineSource = {
  name: 'booking',
  comment:
    "A booking's payment: claim the hold, authorize, wait for the customer if the bank wants it, confirm, capture. " +
    'Every path ends confirmed and captured, or fully undone once, or parked for a person. When the outcome of a ' +
    'payment is not known the provider is asked before anything is undone. States.ALL does not catch States.Runtime ' +
    'and States.DataLimitExceeded: a rule on the status of executions sends what ends that way to the same queue.',
  begin: {
    does:
      'Ids are inputs: a retried task is the same task. `trace` is empty when the caller sent no traceparent. A saga that is resumed, ' +
      'perhaps hours later, asks no bank for the first time: the guest may have paid elsewhere by then',
    assign: {
      ending: { outcome: 'unknown' },
      moneySettled: false,
      bookingFailed: false,
      authorizations: expression('$states.input.resume = true ? 4 : 1'),
      captures: 1,
      captureUntil: 0,
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
          { customerSeconds: expression(UNTIL_ASKED) },
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
        'not_started and $authorizations < 4': to(
          'PauseBeforeAuthorization',
          { authorizations: expression('$authorizations + 1') },
          'Our request never arrived, or the bank is still at it: once more, under the same key',
        ),
        not_started: to('VoidPayment', failed('payment_unavailable')),
        ...cancelled,
      },
    },

    PauseBeforeAuthorization: {
      does: 'A slow bank gets the time to answer the request that it has; then the provider answers the same key the same',
      waitSeconds: '5 * ($authorizations - 1)', next: 'AuthorizePayment',
    },

    // --- Wait for the customer.
    AwaitCustomer: {
      does:
        'Prolongs the hold, notes the token and waits for the customer; the webhook or a cancellation resumes it. ' +
        'No heartbeat: nothing runs that could send one. In good time before the deadline the provider is asked',
      waitSeconds: '$customerSeconds', timedOut: 'InquirePayment', error: 'PauseBeforeInquiry', next: 'InquirePayment',
    },
    AwaitLatePayment: {
      does:
        'The places are open to others again; a payment that still comes is met by ConfirmBooking or by one void. ' +
        'No heartbeat, as above. When the time is over the provider is asked: its webhook may be late or lost',
      waitSeconds: '$max([1, $ceil(($lateUntil - $millis()) / 1000)])',
      timedOut: 'InquirePayment', error: 'PauseBeforeInquiry', next: 'InquirePayment',
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
        'captured and $captureUntil > 0 and $millis() >= $captureUntil': to(
          'CapturePayment', { captureUntil: -1 }, 'The money is taken, and that is noted by now: once more, to find it done',
        ),
        'authorized and $captureUntil > 0 and $millis() >= $captureUntil': to(
          'Park', undefined, '`problem` still says why capturing fails',
        ),
        'captured | authorized and $captureUntil < 0': to('Park', undefined, 'As above'),
        'captured | authorized': to('PauseBeforeCapture', {
          captures: expression('$captures + 1'),
          captureUntil: expression('$captureUntil > 0 ? $captureUntil : $millis() + 4500000'),
        }),
        ...declined,
        ...voided,
        ...cancelled,
      },
    },
    PauseBeforeCapture: {
      does: 'Soon at first, then every so often for 75 minutes: longer than an hour, as every state that holds money',
      waitSeconds: '$captures < 5 ? 3 : 20', next: 'CapturePayment',
    },

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
