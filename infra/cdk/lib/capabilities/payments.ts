/** Payments: the sagas of bookings and cancellations, the function that takes their steps, the provider's webhook. */
import { Duration } from 'aws-cdk-lib';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Foundations } from '../foundations.ts';
import { watchSecret } from '../foundations/secrets.ts';
import { HoldfastFunction } from '../holdfast-function.ts';
import { Sagas } from './sagas.ts';

/** Of a step of the sagas: longer than the provider, and the bank behind it, may take (`test/time-limits.test.ts`). */
const STEP_SECONDS = 60;

export class Payments extends Construct {
  readonly sagas: Sagas;

  constructor(scope: Construct, id: string, foundations: Foundations, manualReview: Queue) {
    super(scope, id);
    const payment = new HoldfastFunction(this, foundations, {
      name: 'payment',
      description: 'The tasks of the booking and cancellation sagas',
      ports: [
        'BookingReader',
        'BookingStore',
        'BookingStore.commit:Prolong',
        'BookingStore.commit:Confirm',
        'BookingStore.commit:Free',
        'HoldReader',
        'CatalogueReader.resource',
        'BookingHistory.audit_trail',
        'RefundNotes',
        'PaymentInquiry',
        'Payments',
        'PaymentTurns',
        'SagaCallbacks.put_task_token',
        'SagaResumption',
      ],
      timeoutSeconds: STEP_SECONDS,
      memoryMegabytes: 512,
    });
    this.sagas = new Sagas(this, 'Sagas', foundations, { payment, manualReview });

    foundations.alarms.raiseLogged(this, 'CardsDeclined', {
      anchor: 'cards-declined',
      log: payment.log,
      // The line of `shared/runtime/src/payments/saga.rs` for each step that was taken.
      lines: { message: 'step taken', outcome: 'declined' },
      threshold: 30,
      within: Duration.minutes(15),
    });

    foundations.alarms.raiseLogged(this, 'PaymentsWaiting', {
      anchor: 'payments-waiting',
      log: payment.log,
      // The line of `shared/app/src/payments/pace.rs` for each call that has no turn.
      lines: { message: 'no turn for a new payment' },
      threshold: 30,
      within: Duration.minutes(15),
    });

    watchSecret(this, 'SecretOld', foundations, payment);

    const webhook = new HoldfastFunction(this, foundations, {
      name: 'stripe-webhook',
      description: "Takes the payment provider's events and resumes sagas",
      ports: [
        'BookingReader',
        'BookingJournal',
        'PaymentInquiry',
        'WebhookVerifier',
        'SagaCallbacks.task_token',
        'SagaResumption',
        'SettlementSaga',
      ],
    });
    watchSecret(this, 'WebhookSecretOld', foundations, webhook);
    foundations.api.serve(
      webhook,
      'The provider signs its calls; the function checks the signature before anything else',
    );
  }
}
