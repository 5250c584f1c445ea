/** Functions that read the stream of a table. */
import { Duration } from 'aws-cdk-lib';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { FilterCriteria, FilterRule, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Construct } from 'constructs';
import type { Foundations } from '../foundations.ts';
import type { HoldfastFunction } from '../holdfast-function.ts';
import { pascalCase } from '../names.ts';
import { setAsideQueue } from './queues.ts';
import { acknowledgeWildcard } from './wildcards.ts';

/**
 * How often a stream hands out a batch before it is set aside. A stream repeats at once: a poison record, which fails
 * in milliseconds, is out of the way within a minute, while an outage, where each try takes seconds, is sat out.
 */
const STREAM_RETRIES_MAX = 500;

export interface StreamReading {
  readonly batchSize: number;
  readonly parallelizationFactor: number;
  readonly filters: readonly { [key: string]: unknown }[];
  /** Whether an alarm is raised when the reader is minutes behind. */
  readonly alarmWhenBehind: boolean;
}

/** Lets `reader` read the stream of `table`. What it keeps refusing goes to a queue of its own, with an alarm. */
export function readStream(
  scope: Construct,
  foundations: Foundations,
  reader: HoldfastFunction,
  table: Table,
  reading: StreamReading,
): void {
  const streamArn = table.tableStreamArn;
  if (streamArn === undefined) {
    throw new Error(`${table.node.id} has no stream`);
  }
  const name = `${pascalCase(reader.name)}Failures`;
  const failures = setAsideQueue(scope, name, name, foundations.alarms);
  reader.allow(['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'], [streamArn]);
  reader.allow(['dynamodb:ListStreams'], ['*']);
  acknowledgeWildcard(reader.role, '*', 'ListStreams knows no resources');
  reader.allow(['sqs:SendMessage'], [failures.queueArn]);
  reader.lambda.addEventSourceMapping(`${table.node.id}Stream`, {
    eventSourceArn: streamArn,
    startingPosition: StartingPosition.TRIM_HORIZON,
    batchSize: reading.batchSize,
    parallelizationFactor: reading.parallelizationFactor,
    bisectBatchOnError: true,
    retryAttempts: STREAM_RETRIES_MAX,
    maxRecordAge: Duration.hours(12),
    reportBatchItemFailures: true,
    onFailure: new SqsDlq(failures),
    filters: [...reading.filters],
  });
  if (reading.alarmWhenBehind) {
    foundations.alarms.raise(reader, 'Behind', {
      anchor: 'stream-behind',
      metric: reader.lambda.metric('IteratorAge', { period: Duration.minutes(1), statistic: Stats.MAXIMUM }),
      threshold: Duration.minutes(5).toMilliseconds(),
      periods: 3,
    });
  }
}

/** Records of items with that sort key, or one that begins so. */
export function itemsWithSortKey(sortKey: string | object, eventNames: readonly string[]): { [key: string]: unknown } {
  return FilterCriteria.filter({
    eventName: [...eventNames],
    dynamodb: { Keys: { sk: { S: typeof sortKey === 'string' ? [sortKey] : sortKey } } },
  });
}

/** Records of what is set for the dates of a month. */
export function datedFacts(eventNames: readonly string[]): { [key: string]: unknown } {
  return itemsWithSortKey(FilterRule.beginsWith('D#'), eventNames);
}

/** Records of inventory pages. */
export function pages(eventNames: readonly string[]): { [key: string]: unknown } {
  return itemsWithSortKey(FilterRule.beginsWith('P#'), eventNames);
}
