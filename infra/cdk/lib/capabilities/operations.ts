/** Operations: what runs by the clock, and the queue of cases that only a person can decide. */
import { Duration } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Foundations } from '../foundations.ts';
import { lastQueue, sayWhere } from '../foundations/queues.ts';
import { HoldfastFunction } from '../holdfast-function.ts';

export class Operations extends Construct {
  /** Bookings that only a person can bring to an end. */
  readonly manualReview: Queue;
  /** The alarm of that queue. */
  readonly waiting: Alarm;

  constructor(scope: Construct, id: string, foundations: Foundations) {
    super(scope, id);
    this.manualReview = lastQueue(this, 'ManualReview');
    this.waiting = foundations.alarms.raiseNotEmpty(this, 'ManualReviewWaiting', this.manualReview, 'manual-review-waiting');
    sayWhere(this.manualReview, 'ManualReview');
    foundations.bus.deliver(this, 'ReviewRequested', this.manualReview, {
      consumer: 'review',
      description: 'Cases of the reconciliation to the queue that people read',
    });

    new HoldfastFunction(this, foundations, {
      name: 'completion',
      description: 'Records that the time of bookings has passed',
      ports: ['EndedBookings', 'BookingReader', 'BookingJournal'],
      timeoutSeconds: 120,
      schedule: {
        every: Duration.minutes(15),
        description: 'Records that the time of bookings has passed; until then it is shown all the same',
      },
    });

    const reconciliation = new HoldfastFunction(this, foundations, {
      name: 'reconciliation',
      description: "Compares pages, bookings, receipts and the provider's payments, repairs what is safe",
      ports: [
        'LedgerInspection',
        'CycleStore',
        'BookingReader',
        'BookingJournal',
        'BookingHistory.audit_trail',
        'RefundNotes',
        'PropertyReader',
        'ReceiptReader',
        'ReceiptStore',
        'PaymentInquiry',
        'PaymentListing',
        'SagaCallbacks.task_token',
        'SagaResumption',
        'SagaInspection',
        'BookingSaga',
        'SettlementSaga',
        'EventBus',
      ],
      timeoutSeconds: 900,
      memoryMegabytes: 1024,
      schedule: {
        every: Duration.hours(1),
        description: "Compares pages, bookings, receipts and the provider's payments; nothing waits for it",
      },
    });
    foundations.alarms.raise(this, 'Drift', {
      anchor: 'drift',
      // The function writes it in CloudWatch's embedded metric format.
      metric: new Metric({
        namespace: 'Holdfast',
        metricName: 'Drift',
        dimensionsMap: { FunctionName: reconciliation.lambda.functionName },
        period: Duration.hours(1),
        statistic: Stats.SUM,
      }),
      threshold: 1,
    });
  }
}
