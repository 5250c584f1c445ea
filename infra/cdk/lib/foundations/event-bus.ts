/** The bus on which everything that happened is published, and the queues by which consumers get their share of it. */
import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnEventBusPolicy, EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { EventVersion, Routing } from '../contract.ts';
import type { Foundations } from '../foundations.ts';
import type { HoldfastFunction } from '../holdfast-function.ts';
import { readBatches } from './item-failures.ts';
import { setAsideQueue, sayWhere, workQueue } from './queues.ts';
import type { Alarms } from './alarms.ts';

/** `source` of every event that Holdfast publishes. */
export const EVENT_SOURCE = 'holdfast';

export interface HoldfastBusProps {
  readonly archive: boolean;
  readonly routing: Routing;
  readonly alarms: Alarms;
}

export class HoldfastBus extends Construct {
  readonly bus: EventBus;
  /** Events that a rule could not deliver to its queue. */
  readonly undelivered: Queue;
  private readonly routing: Routing;
  private readonly consumers = new Set<string>();
  /** The rules of consumers. */
  readonly rules: Rule[] = [];

  constructor(scope: Construct, id: string, props: HoldfastBusProps) {
    super(scope, id);
    this.routing = props.routing;
    this.bus = new EventBus(this, 'Bus', {
      eventBusName: Stack.of(this).stackName.toLowerCase(),
      description: 'Everything that happened to resources, holds, bookings and payments',
    });
    if (props.archive) {
      const archive = this.bus.archive('Archive', {
        description: 'To replay what a consumer has missed',
        eventPattern: { source: [EVENT_SOURCE] },
        retention: Duration.days(30),
      });
      new CfnOutput(Stack.of(this), 'BusArchiveArn', { value: archive.archiveArn });
    }
    this.undelivered = setAsideQueue(this, 'Undelivered', 'Undelivered', props.alarms);
    this.node.addValidation({
      validate: () =>
        [...this.routing.keys()]
          .filter((consumer) => !this.consumers.has(consumer))
          .map((consumer) => `docs/events/catalogue.json names the consumer ${consumer}, which no capability makes`),
    });
  }

  /** The events that go to `consumer`, each in one version. */
  eventsFor(consumer: string): readonly EventVersion[] {
    const events = this.routing.get(consumer);
    if (events === undefined) {
      throw new Error(`docs/events/catalogue.json names no consumer ${consumer}`);
    }
    this.consumers.add(consumer);
    return events;
  }

  /**
   * A deployment changes rules before functions that publish, so that no consumer of the release before gets a version
   * that it does not know. It changes them in place, because they keep their logical ids (`kept-ids.ts`).
   */
  rulesBefore(publishers: readonly HoldfastFunction[]): void {
    publishers.forEach((publisher) => publisher.lambda.node.addDependency(...this.rules));
  }

  /** What a rule delivers to: a queue, or after a day of trying the undelivered. */
  target(queue: Queue): SqsQueue {
    return new SqsQueue(queue, {
      deadLetterQueue: this.undelivered,
      retryAttempts: 185,
      maxEventAge: Duration.hours(24),
    });
  }

  /** Makes the rule that brings a consumer's events to its queue. */
  deliver(scope: Construct, id: string, queue: Queue, { consumer, description, enabled }: Delivery): Rule {
    const events = this.eventsFor(consumer);
    const rule = new Rule(scope, id, {
      eventBus: this.bus,
      description,
      eventPattern: {
        source: [EVENT_SOURCE],
        detailType: events.map(({ type }) => type),
        detail: { dataschema: events.map(({ dataschema }) => dataschema) },
      },
      enabled: enabled ?? true,
      targets: [this.target(queue)],
    });
    this.rules.push(rule);
    return rule;
  }

  /** Only `publishers` may put events on this bus, whoever else in the account may put events somewhere. */
  admitOnly(publishers: readonly IRole[]): void {
    const statementId = 'OnlyOwnFunctionsPublish';
    const statement = new PolicyStatement({
      sid: statementId,
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: ['events:PutEvents'],
      resources: [this.bus.eventBusArn],
      conditions: { ArnNotEquals: { 'aws:PrincipalArn': publishers.map((role) => role.roleArn) } },
    });
    new CfnEventBusPolicy(this, 'BusPolicy', {
      eventBusName: this.bus.eventBusName,
      statementId,
      statement: statement.toStatementJson(),
    });
  }
}

/** Which events a rule delivers. */
export interface Delivery {
  /** The consumer's name in `docs/events/catalogue.json`. */
  readonly consumer: string;
  readonly description: string;
  /** Whether events are delivered at all. Default: yes. */
  readonly enabled?: boolean;
}

export interface ConsumerQueueProps extends Delivery {
  /** What the queue and the outputs that say where it is are named after. */
  readonly name: string;
}

/** The queue of one consumer, with its rule, its dead letters and their alarm. */
export class ConsumerQueue extends Construct {
  readonly queue: Queue;
  private readonly foundations: Foundations;

  constructor(scope: Construct, foundations: Foundations, props: ConsumerQueueProps) {
    super(scope, `${props.name}Queue`);
    this.foundations = foundations;
    const { alarms, bus } = foundations;
    this.queue = workQueue(this, 'Queue', setAsideQueue(this, 'DeadLetters', `${props.name}DeadLetters`, alarms));
    sayWhere(this.queue, props.name);
    alarms.raise(this, 'Behind', {
      anchor: 'queue-behind',
      metric: this.queue.metricApproximateAgeOfOldestMessage({ period: Duration.minutes(5), statistic: Stats.MAXIMUM }),
      // Messages may be delayed by a quarter of an hour, and handed out again every three minutes.
      threshold: Duration.minutes(30).toSeconds(),
      periods: 3,
    });
    const rule = bus.deliver(this, 'Rule', this.queue, props);
    // A replay is for one of them alone.
    new CfnOutput(Stack.of(this), `${props.name}RuleArn`, { value: rule.ruleArn });
  }

  /** Hands the messages to a function, ten at a time. */
  feed(reader: HoldfastFunction): void {
    reader.allow(
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ChangeMessageVisibility'],
      [this.queue.queueArn],
    );
    const { alarms, settings } = this.foundations;
    const reserved = settings.reservedConcurrency.get(reader.name);
    // What is handed to a function that has no execution left counts as a delivery all the same.
    const bounded = reserved === undefined ? {} : { maxConcurrency: reserved - 1 };
    readBatches(reader, this.node.id, { eventSourceArn: this.queue.queueArn, batchSize: 10, ...bounded }, alarms);
  }
}
