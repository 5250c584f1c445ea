/**
 * Events: the relay, which publishes the changes of the ledger on the bus. `docs/events/catalogue.json` says which
 * consumers get them.
 */
import { Duration } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterRule } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Foundations } from '../foundations.ts';
import { failureQueue, itemsWithSortKey, readStream, whatIsSold } from '../foundations/streams.ts';
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
      // Audit events say what happened to a booking; its own item says only by which rates it was confirmed.
      filters: [
        whatIsSold(['INSERT', 'MODIFY']),
        itemsWithSortKey(FilterRule.beginsWith('E#'), ['INSERT']),
        itemsWithSortKey('B', ['MODIFY']),
      ],
      alarmWhenBehind: true,
    });
    foundations.alarms.raise(this, 'PromotionOverLimit', {
      anchor: 'promotion-over-limit',
      // The relay writes it in CloudWatch's embedded metric format, of all promotions together.
      metric: new Metric({
        namespace: 'Holdfast',
        metricName: 'PromotionUsesOverLimit',
        period: Duration.hours(1),
        statistic: Stats.SUM,
      }),
      threshold: 1,
    });
  }
}
