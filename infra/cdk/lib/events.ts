/** What follows from a change: streams, the bus, its rules, and a queue with a dead-letter queue for each consumer. */
import { Duration, Stack } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { CfnEventBusPolicy, EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { FilterCriteria, FilterRule, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { NagSuppressions } from 'cdk-nag';
import { Construct } from 'constructs';
import type { HoldfastFunction } from './holdfast-function.ts';
import type { FunctionName, Functions } from './functions.ts';
import { pascalCase } from './functions.ts';

/** `source` of every event that Holdfast publishes. */
export const EVENT_SOURCE = 'holdfast';

/**
 * How often a queue hands out a message before it is set aside. A message that fails is handed out again after the
 * visibility timeout of 180 s: an outage of an hour passes without filling the dead-letter queues.
 */
const DELIVERIES_MAX = 25;
/**
 * How often a stream hands out a batch before it is set aside. A stream repeats at once: a poison record, which fails
 * in milliseconds, is out of the way within a minute, while an outage, where each try takes seconds, is sat out.
 */
const STREAM_RETRIES_MAX = 500;

interface Consumer {
  /** Name of the rule and of the queue. */
  readonly name: string;
  readonly functionName: FunctionName;
  readonly eventTypes: readonly string[];
  readonly description: string;
}

export const CONSUMERS: readonly Consumer[] = [
  {
    name: 'timer',
    functionName: 'hold-expiry',
    eventTypes: [
      'hold.placed',
      'hold.extended',
      'hold.unclaimed',
      'hold.released',
      'booking.requested',
      'booking.cancelled',
    ],
    description: 'Prompt expiry of holds, and what a function that died has left undone: records, sagas, settlements',
  },
  {
    name: 'notify',
    functionName: 'notify',
    eventTypes: ['booking.confirmed', 'booking.cancelled'],
    description: 'Mails to guests',
  },
  {
    name: 'partner',
    functionName: 'partner',
    eventTypes: ['inventory.changed'],
    description: 'Inventory changes to partners',
  },
];

/** A queue that is encrypted and reached by TLS only. */
class GuardedQueue extends Queue {
  constructor(scope: Construct, id: string, props: { visibilityTimeout?: Duration; deadLetterQueue?: Queue } = {}) {
    super(scope, id, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      ...(props.visibilityTimeout === undefined ? {} : { visibilityTimeout: props.visibilityTimeout }),
      ...(props.deadLetterQueue === undefined
        ? {}
        : { deadLetterQueue: { queue: props.deadLetterQueue, maxReceiveCount: DELIVERIES_MAX } }),
    });
  }
}

/** A queue at the end of the line: people read it, so it has no dead-letter queue of its own. */
function lastQueue(scope: Construct, id: string): Queue {
  const queue = new GuardedQueue(scope, id);
  NagSuppressions.addResourceSuppressions(queue, [
    { id: 'AwsSolutions-SQS3', reason: 'This is where messages are set aside for people; an alarm watches its depth' },
  ]);
  return queue;
}

/** The bus and the queues: made before the functions, which are told their names. */
export class EventChannels extends Construct {
  readonly bus: EventBus;
  /** Bookings that only a person can bring to an end. */
  readonly manualReview: Queue;
  /** Events that a rule could not deliver to its queue. */
  readonly undelivered: Queue;
  private readonly queues = new Map<string, { queue: Queue; deadLetters: Queue }>();
  private readonly failures = new Map<FunctionName, Queue>();

  constructor(scope: Construct, id: string, props: { readonly archive: boolean }) {
    super(scope, id);
    this.bus = new EventBus(this, 'Bus', {
      eventBusName: Stack.of(this).stackName.toLowerCase(),
      description: 'Everything that happened to resources, holds, bookings and payments',
    });
    if (props.archive) {
      this.bus.archive('Archive', {
        description: 'To replay what a consumer has missed',
        eventPattern: { source: [EVENT_SOURCE] },
        retention: Duration.days(30),
      });
    }

    this.manualReview = lastQueue(this, 'ManualReview');
    this.undelivered = lastQueue(this, 'Undelivered');
    for (const name of ['relay', 'projector', 'hold-expiry'] as const) {
      this.failures.set(name, lastQueue(this, `${pascalCase(name)}Failures`));
    }
    for (const consumer of CONSUMERS) {
      const deadLetters = lastQueue(this, `${pascalCase(consumer.name)}DeadLetters`);
      // Six times the function's timeout, as the event source mapping asks; the longest here is 30 s.
      const queue = new GuardedQueue(this, pascalCase(consumer.name), {
        visibilityTimeout: Duration.seconds(180),
        deadLetterQueue: deadLetters,
      });
      this.queues.set(consumer.name, { queue, deadLetters });
    }
  }

  queue(consumer: string): Queue {
    return this.pair(consumer).queue;
  }

  deadLetters(consumer: string): Queue {
    return this.pair(consumer).deadLetters;
  }

  /** Where the batches of a stream go that its function keeps refusing. */
  failuresOf(functionName: FunctionName): Queue {
    const queue = this.failures.get(functionName);
    if (queue === undefined) {
      throw new Error(`${functionName} reads no stream`);
    }
    return queue;
  }

  /** Every queue in which a message means that something was set aside. */
  setAside(): { name: string; queue: Queue }[] {
    return [
      ...CONSUMERS.map(({ name }) => ({ name: `${pascalCase(name)}DeadLetters`, queue: this.deadLetters(name) })),
      ...[...this.failures].map(([name, queue]) => ({ name: `${pascalCase(name)}Failures`, queue })),
      { name: 'Undelivered', queue: this.undelivered },
    ];
  }

  private pair(consumer: string): { queue: Queue; deadLetters: Queue } {
    const pair = this.queues.get(consumer);
    if (pair === undefined) {
      throw new Error(`no queue for ${consumer}`);
    }
    return pair;
  }
}

export interface EventFlowProps {
  readonly channels: EventChannels;
  readonly functions: Functions;
  readonly ledger: Table;
  readonly holds: Table;
  readonly partnerEnabled: boolean;
  /** Whether the bus refuses events from anybody but the relay and the reconciliation. */
  readonly busPolicy: boolean;
}

/** Rules, and the mappings from queues and streams to the functions. */
export class EventFlow extends Construct {
  constructor(scope: Construct, id: string, props: EventFlowProps) {
    super(scope, id);
    const { channels, functions } = props;

    if (props.busPolicy) {
      onlyPublishers(this, channels.bus, [functions.get('relay'), functions.get('reconciliation')]);
    }

    for (const consumer of CONSUMERS) {
      new Rule(this, `${pascalCase(consumer.name)}Rule`, {
        eventBus: channels.bus,
        description: consumer.description,
        eventPattern: { source: [EVENT_SOURCE], detailType: [...consumer.eventTypes] },
        enabled: consumer.name !== 'partner' || props.partnerEnabled,
        targets: [
          new SqsQueue(channels.queue(consumer.name), {
            deadLetterQueue: channels.undelivered,
            retryAttempts: 185,
            maxEventAge: Duration.hours(24),
          }),
        ],
      });
      this.readQueue(functions.get(consumer.functionName), consumer.name, channels);
    }

    // Pages and audit events say what happened; a booking's own item would only say it twice.
    this.readStream(functions.get('relay'), props.ledger, channels, {
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      parallelizationFactor: 2,
      filters: [
        itemsWithSortKey(FilterRule.beginsWith('P#'), ['INSERT', 'MODIFY']),
        itemsWithSortKey(FilterRule.beginsWith('E#'), ['INSERT']),
        itemsWithSortKey('R', ['INSERT', 'MODIFY']),
      ],
    });
    this.readStream(functions.get('projector'), props.ledger, channels, {
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      parallelizationFactor: 2,
      filters: [
        itemsWithSortKey(FilterRule.beginsWith('P#'), ['INSERT', 'MODIFY', 'REMOVE']),
        itemsWithSortKey('R', ['INSERT', 'MODIFY', 'REMOVE']),
      ],
    });
    // Only what the TTL service deleted: it signs its deletions.
    this.readStream(functions.get('hold-expiry'), props.holds, channels, {
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 50,
      parallelizationFactor: 1,
      filters: [
        FilterCriteria.filter({
          eventName: FilterRule.isEqual('REMOVE'),
          userIdentity: { type: ['Service'], principalId: ['dynamodb.amazonaws.com'] },
        }),
      ],
    });
  }

  private readQueue(target: HoldfastFunction, consumer: string, channels: EventChannels): void {
    const queue = channels.queue(consumer);
    target.allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ChangeMessageVisibility'], [
      queue.queueArn,
    ]);
    target.lambda.addEventSourceMapping(`${pascalCase(consumer)}Queue`, {
      eventSourceArn: queue.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
    });
  }

  private readStream(
    target: HoldfastFunction,
    table: Table,
    channels: EventChannels,
    reading: {
      readonly startingPosition: StartingPosition;
      readonly batchSize: number;
      readonly parallelizationFactor: number;
      readonly filters: { [key: string]: unknown }[];
    },
  ): void {
    const streamArn = table.tableStreamArn;
    if (streamArn === undefined) {
      throw new Error(`${table.node.id} has no stream`);
    }
    const failures = channels.failuresOf(target.name as FunctionName);
    target.allow(['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'], [streamArn]);
    target.allow(['dynamodb:ListStreams'], ['*']);
    NagSuppressions.addResourceSuppressions(
      target,
      [{ id: 'AwsSolutions-IAM5', reason: 'ListStreams knows no resources', appliesTo: ['Resource::*'] }],
      true,
    );
    target.allow(['sqs:SendMessage'], [failures.queueArn]);
    target.lambda.addEventSourceMapping(`${table.node.id}Stream`, {
      eventSourceArn: streamArn,
      startingPosition: reading.startingPosition,
      batchSize: reading.batchSize,
      parallelizationFactor: reading.parallelizationFactor,
      bisectBatchOnError: true,
      retryAttempts: STREAM_RETRIES_MAX,
      maxRecordAge: Duration.hours(12),
      reportBatchItemFailures: true,
      onFailure: new SqsDlq(failures),
      filters: reading.filters,
    });
  }
}

/** What is on the bus comes from the ledger, or from who looks through it: whoever else in the account may put events somewhere, may not put them here. */
function onlyPublishers(scope: Construct, bus: EventBus, publishers: readonly HoldfastFunction[]): void {
  const statementId = 'OnlyOwnFunctionsPublish';
  const statement = new PolicyStatement({
    sid: statementId,
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: ['events:PutEvents'],
    resources: [bus.eventBusArn],
    conditions: { ArnNotEquals: { 'aws:PrincipalArn': publishers.map(({ role }) => role.roleArn) } },
  });
  new CfnEventBusPolicy(scope, 'BusPolicy', {
    eventBusName: bus.eventBusName,
    statementId,
    statement: statement.toStatementJson(),
  });
}

function itemsWithSortKey(sortKey: string | object, eventNames: readonly string[]): { [key: string]: unknown } {
  return FilterCriteria.filter({
    eventName: [...eventNames],
    dynamodb: { Keys: { sk: { S: typeof sortKey === 'string' ? [sortKey] : sortKey } } },
  });
}
