/** Payments: the sagas of bookings and cancellations, the function that takes their steps, the provider's webhook. */
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Foundations } from '../foundations.ts';
import { HoldfastFunction } from '../holdfast-function.ts';
import { Sagas } from './sagas.ts';

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
        'HoldReader',
        'PaymentInquiry',
        'Payments',
        'SagaCallbacks.put_task_token',
        'SagaResumption',
      ],
      timeoutSeconds: 30,
      memoryMegabytes: 512,
    });
    this.sagas = new Sagas(this, 'Sagas', foundations, { payment, manualReview });

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
    foundations.api.serve(
      webhook,
      'The provider signs its calls; the function checks the signature before anything else',
    );
  }
}
