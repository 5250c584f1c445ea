/**
 * Items of batches that fail. A function behind a queue or a stream reports them in an invocation that succeeds, so that its
 * errors stay at zero; the event source mapping counts them.
 */
import { Duration } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { MetricType } from 'aws-cdk-lib/aws-lambda';
import type { EventSourceMapping, EventSourceMappingOptions } from 'aws-cdk-lib/aws-lambda';
import type { HoldfastFunction } from '../holdfast-function.ts';
import type { Alarms } from './alarms.ts';

/**
 * Lets `reader` read batches of what `options` name, item by item, with an alarm for items that go on failing.
 *
 * `FailedInvokeEventCount` counts each item of a batch of which one was reported as failed
 * (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html). A queue hands out again after three minutes and a
 * stream at once: what fails for good fails in each of three times five minutes, a passing failure does not.
 */
export function readBatches(reader: HoldfastFunction, id: string, options: EventSourceMappingOptions, alarms: Alarms): EventSourceMapping {
  const mapping = reader.lambda.addEventSourceMapping(id, {
    ...options,
    reportBatchItemFailures: true,
    metricsConfig: { metrics: [MetricType.EVENT_COUNT] },
  });
  alarms.raise(reader, `${id}ItemsFailing`, {
    anchor: 'items-failing',
    metric: new Metric({
      namespace: 'AWS/Lambda',
      metricName: 'FailedInvokeEventCount',
      dimensionsMap: { EventSourceMappingUUID: mapping.eventSourceMappingId },
      period: Duration.minutes(5),
      statistic: Stats.SUM,
    }),
    threshold: 1,
    periods: 3,
  });
  return mapping;
}
