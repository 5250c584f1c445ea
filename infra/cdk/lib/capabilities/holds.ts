/** Holds: placing them for guests, and letting go of those whose time has passed. */
import { FilterCriteria, FilterRule } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Foundations } from '../foundations.ts';
import { ConsumerQueue } from '../foundations/event-bus.ts';
import { watchSecret } from '../foundations/secrets.ts';
import { failureQueue, readStream } from '../foundations/streams.ts';
import { queueTarget } from '../foundations/targets.ts';
import { HoldfastFunction } from '../holdfast-function.ts';

export class Holds extends Construct {
  constructor(scope: Construct, id: string, foundations: Foundations) {
    super(scope, id);
    const hold = new HoldfastFunction(this, foundations, {
      name: 'hold',
      description: 'Places, reads, extends and releases holds',
      ports: [
        'CatalogueReader.resource',
        'CatalogueReader.facts_of',
        'HoldReader',
        'HoldStore.place',
        'HoldStore.extend',
        'HoldStore.release',
        'HoldStops',
        'ListedPages',
        'RateReader.rates',
        'PropertyReader',
        'PromotionUses',
        'CodeTries',
        'QuoteSeals',
      ],
      memoryMegabytes: 512,
    });
    watchSecret(this, 'SecretOld', foundations, hold);
    foundations.api.serve(hold);

    const timer = new ConsumerQueue(this, foundations, {
      name: 'Timer',
      consumer: 'expiry',
      description:
        'Prompt expiry of holds, and what a function that died has left undone: records, sagas, settlements',
    });
    const failures = failureQueue(this, foundations, 'hold-expiry');
    const expiry = new HoldfastFunction(this, foundations, {
      name: 'hold-expiry',
      description: 'Releases expired holds promptly (timer) and without fail (TTL)',
      ports: [
        'HoldReader',
        'HoldStore.release',
        'HoldStore.expire',
        'BookingReader',
        'Timers',
        'BookingSaga',
        'SettlementSaga',
        'PoisonRecords',
      ],
      targets: {
        timerQueue: queueTarget(timer.queue, 'HOLDFAST_TIMER_QUEUE_URL'),
        failureQueue: queueTarget(failures, 'HOLDFAST_FAILURE_QUEUE_URL'),
      },
      timeoutSeconds: 30,
    });
    timer.feed(expiry);
    readStream(foundations, expiry, failures, foundations.tables.holds, {
      batchSize: 50,
      parallelizationFactor: 1,
      // Only holds that the TTL service deleted: it signs its deletions. What is counted of guests ends by it too, and is nobody's.
      filters: [
        FilterCriteria.filter({
          eventName: FilterRule.isEqual('REMOVE'),
          dynamodb: { Keys: { pk: { S: FilterRule.beginsWith('H#') } } },
          userIdentity: { type: ['Service'], principalId: ['dynamodb.amazonaws.com'] },
        }),
      ],
      alarmWhenBehind: false,
    });
  }
}
