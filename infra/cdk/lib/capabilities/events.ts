/**
 * Events: the relay, which publishes the changes of the ledger on the bus. `docs/events/catalogue.json` says which
 * consumers get them.
 */
import { FilterRule } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Foundations } from '../foundations.ts';
import { datedFacts, failureQueue, itemsWithSortKey, pages, promotionCounters, readStream } from '../foundations/streams.ts';
import { queueTarget } from '../foundations/targets.ts';
import { HoldfastFunction } from '../holdfast-function.ts';

export class Events extends Construct {
  readonly relay: HoldfastFunction;

  constructor(scope: Construct, id: string, foundations: Foundations) {
    super(scope, id);
    const failures = failureQueue(this, foundations, 'relay');
    this.relay = new HoldfastFunction(this, foundations, {
      name: 'relay',
      description: 'Publishes the changes of the ledger on the bus',
      ports: ['EventBus', 'PoisonRecords'],
      targets: { failureQueue: queueTarget(failures, 'HOLDFAST_FAILURE_QUEUE_URL') },
      timeoutSeconds: 30,
    });
    readStream(foundations, this.relay, failures, foundations.tables.ledger, {
      batchSize: 100,
      parallelizationFactor: 2,
      // Pages and audit events say what happened; a booking's own item would only say it twice.
      filters: [
        pages(['INSERT', 'MODIFY']),
        datedFacts(['INSERT', 'MODIFY']),
        itemsWithSortKey(FilterRule.beginsWith('E#'), ['INSERT']),
        itemsWithSortKey('R', ['INSERT', 'MODIFY']),
        promotionCounters(['INSERT', 'MODIFY']),
      ],
      alarmWhenBehind: true,
    });
  }
}
