/** Functions that read the stream of a table. */
import { Duration } from 'aws-cdk-lib';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { FilterCriteria, FilterRule, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import type { EventSourceMappingOptions } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { Foundations } from '../foundations.ts';
import type { HoldfastFunction } from '../holdfast-function.ts';
import { pascalCase } from '../names.ts';
import { readBatches } from './item-failures.ts';
import { setAsideQueue } from './queues.ts';
import { acknowledgeWildcard } from './wildcards.ts';

/**
 * A stream repeats at once, and a number of tries says nothing of time: an outage that fails fast burns any number in minutes. So
 * time alone bounds it, half of what the stream keeps records for. A record that can never be worked does not wait for that: its
 * function sets it aside (`PoisonRecords`, `shared/runtime/src/stream.rs`), in the same queue.
 */
const RETRIES_WITHOUT_BOUND = -1;
const RECORD_AGE_MAX = Duration.hours(12);

export interface StreamReading {
  readonly batchSize: number;
  readonly parallelizationFactor: number;
  readonly filters: readonly { [key: string]: unknown }[];
  /** Whether an alarm is raised when the reader is minutes behind. */
  readonly alarmWhenBehind: boolean;
}

/** Makes the queue, with its alarm, of what a function that reads a stream does not do: it is the function's own, and its target. */
export function failureQueue(scope: Construct, foundations: Foundations, reader: string): Queue {
  const name = `${pascalCase(reader)}Failures`;
  return setAsideQueue(scope, name, name, foundations.alarms);
}

/** Lets `reader` read the stream of `table`. What it keeps refusing goes to `failures`. */
export function readStream(
  foundations: Foundations,
  reader: HoldfastFunction,
  failures: Queue,
  table: Table,
  reading: StreamReading,
): void {
  const streamArn = table.tableStreamArn;
  if (streamArn === undefined) {
    throw new Error(`${table.node.id} has no stream`);
  }
  reader.allow(['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'], [streamArn]);
  reader.allow(['dynamodb:ListStreams'], ['*']);
  acknowledgeWildcard(reader.role, '*', 'ListStreams knows no resources');
  reader.allow(['sqs:SendMessage'], [failures.queueArn]);
  const options: EventSourceMappingOptions = {
    eventSourceArn: streamArn,
    startingPosition: StartingPosition.TRIM_HORIZON,
    batchSize: reading.batchSize,
    parallelizationFactor: reading.parallelizationFactor,
    bisectBatchOnError: true,
    retryAttempts: RETRIES_WITHOUT_BOUND,
    maxRecordAge: RECORD_AGE_MAX,
    // With the one right that it needs; `SqsDlq` would add two.
    // https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
    onFailure: { bind: () => ({ destination: failures.queueArn }) },
    filters: [...reading.filters],
  };
  readBatches(reader, `${table.node.id}Stream`, options, foundations.alarms);
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

/** Records of rate cards, and of what is set for the dates of a month under plans. */
export function rates(eventNames: readonly string[]): { [key: string]: unknown } {
  return itemsWithSortKey(FilterRule.beginsWith('T'), eventNames);
}

/** Records of the items of resources that say what is sold, how and of what: pages, dated facts, rates, uses of promotions, terms. */
export function whatIsSold(eventNames: readonly string[]): { [key: string]: unknown } {
  const begins: unknown[] = ['P#', 'D#', 'C#', 'T'].flatMap((prefix) => FilterRule.beginsWith(prefix));
  return itemsWithSortKey([...begins, 'R'], eventNames);
}

/** Records of properties. */
export function properties(eventNames: readonly string[]): { [key: string]: unknown } {
  return itemsWithSortKey('PR', eventNames);
}

/** Records of inventory pages. */
export function pages(eventNames: readonly string[]): { [key: string]: unknown } {
  return itemsWithSortKey(FilterRule.beginsWith('P#'), eventNames);
}
