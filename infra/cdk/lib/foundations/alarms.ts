/**
 * Alarms and the topic that they ring. Each one's description is a link into `docs/runbook.md`, so that whoever is woken
 * knows where to read on; `test/runbook.test.ts` checks that the place exists.
 */
import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import type { RemovalPolicy } from 'aws-cdk-lib';
import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import { Alarm, ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { IFilterPattern, LogGroup } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

export const RUNBOOK = 'docs/runbook.md';

/** Where metrics of our own are. */
const NAMESPACE = 'Holdfast';

export interface AlarmsProps {
  readonly topicKey: boolean;
  /** What the account may spend in a month before somebody is notified; `undefined` for no budget. */
  readonly monthlySpendUsd: number | undefined;
  readonly alarmEmail: string | undefined;
  readonly removalPolicy: RemovalPolicy;
}

export interface AlarmSpec {
  /** Section of the runbook. */
  readonly anchor: string;
  readonly metric: IMetric;
  /** The alarm is raised at this value or above... */
  readonly threshold: number;
  /** ...in so many periods running. */
  readonly periods?: number;
}

/** What is counted in a log: each line that matches, under a metric of its own. */
export interface LoggedSpec {
  readonly anchor: string;
  readonly log: LogGroup;
  /** Fields of a JSON line with the text that each has. */
  readonly lines: Readonly<Record<string, string>>;
  /** The alarm is raised at so many lines or more... */
  readonly threshold: number;
  /** ...in this time. */
  readonly within: Duration;
}

/** A service that publishes on the topic, and what it publishes for. */
interface Publisher {
  readonly service: string;
  readonly sourceArn: string;
}

export class Alarms extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const publishers = [this.cloudWatch(), ...(props.monthlySpendUsd === undefined ? [] : [this.budgets()])];
    this.topic = this.alarmTopic(props, publishers);
    if (props.monthlySpendUsd !== undefined) {
      this.watchSpend(props.monthlySpendUsd);
    }
  }

  /** Makes the alarm of what all functions of the account share. */
  watchAccount(): void {
    this.raise(this, 'FunctionsThrottled', {
      anchor: 'functions-throttled',
      // Without a dimension: the whole account's, whose limit is what runs out.
      metric: new Metric({
        namespace: 'AWS/Lambda',
        metricName: 'Throttles',
        period: Duration.minutes(1),
        statistic: Stats.SUM,
      }),
      threshold: 10,
      periods: 3,
    });
  }

  /** Makes an alarm that belongs to `scope`. */
  raise(scope: Construct, id: string, spec: AlarmSpec): Alarm {
    const alarm = new Alarm(scope, id, {
      alarmDescription: `${RUNBOOK}#${spec.anchor}`,
      metric: spec.metric,
      threshold: spec.threshold,
      evaluationPeriods: spec.periods ?? 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
    return alarm;
  }

  /** Makes the alarm of a queue in which any message is one for people. */
  raiseNotEmpty(scope: Construct, id: string, queue: Queue, anchor: string): Alarm {
    const metric = queue.metricApproximateNumberOfMessagesVisible({
      period: Duration.minutes(1),
      statistic: Stats.MAXIMUM,
    });
    return this.raise(scope, id, { anchor, metric, threshold: 1 });
  }

  /** Counts lines of a log, and makes the alarm of their number. The metric is named as the alarm is, in our namespace. */
  raiseLogged(scope: Construct, id: string, spec: LoggedSpec): void {
    const filter = new MetricFilter(scope, `${id}Filter`, {
      logGroup: spec.log,
      filterPattern: allOf(spec.lines),
      metricNamespace: NAMESPACE,
      metricName: id,
    });
    this.raise(scope, id, {
      anchor: spec.anchor,
      metric: filter.metric({ period: spec.within, statistic: Stats.SUM }),
      threshold: spec.threshold,
    });
  }

  private cloudWatch(): Publisher {
    const alarms = { service: 'cloudwatch', resource: 'alarm', resourceName: '*', arnFormat: ArnFormat.COLON_RESOURCE_NAME };
    return { service: 'cloudwatch.amazonaws.com', sourceArn: Stack.of(this).formatArn(alarms) };
  }

  private budgets(): Publisher {
    const all = { service: 'budgets', region: '', resource: '*', arnFormat: ArnFormat.NO_RESOURCE_NAME };
    return { service: 'budgets.amazonaws.com', sourceArn: Stack.of(this).formatArn(all) };
  }

  /** A budget, not an alarm: the metric of what an account is charged is in one region alone, and a day late. */
  private watchSpend(amount: number): void {
    const subscribers = [{ subscriptionType: 'SNS', address: this.topic.topicArn }];
    const at = (notificationType: string, threshold: number): CfnBudget.NotificationWithSubscribersProperty => ({
      notification: { notificationType, comparisonOperator: 'GREATER_THAN', threshold, thresholdType: 'PERCENTAGE' },
      subscribers,
    });
    const budget = new CfnBudget(this, 'Spend', {
      budget: {
        // What is mailed names the budget: so the way to the runbook is its name.
        budgetName: `${Stack.of(this).stackName.toLowerCase()} ${RUNBOOK}#spend`,
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount, unit: 'USD' },
      },
      notificationsWithSubscribers: [at('ACTUAL', 80), at('FORECASTED', 100)],
    });
    // It is refused as long as it may not publish.
    budget.node.addDependency(this.topic);
  }

  private alarmTopic(props: AlarmsProps, publishers: readonly Publisher[]): Topic {
    const { account } = Stack.of(this);
    const publish = (actions: string[], resources: string[]): PolicyStatement[] =>
      publishers.map(
        ({ service, sourceArn }) =>
          new PolicyStatement({
            principals: [new ServicePrincipal(service)],
            actions,
            resources,
            conditions: { StringEquals: { 'aws:SourceAccount': account }, ArnLike: { 'aws:SourceArn': sourceArn } },
          }),
      );
    let masterKey: Key | undefined;
    if (props.topicKey) {
      // The account's own key for SNS does not let CloudWatch publish.
      masterKey = new Key(this, 'AlarmKey', {
        description: 'Encrypts what the alarms say',
        enableKeyRotation: true,
        removalPolicy: props.removalPolicy,
      });
      for (const statement of publish(['kms:Decrypt', 'kms:GenerateDataKey'], ['*'])) {
        masterKey.addToResourcePolicy(statement);
      }
    }
    const topic = new Topic(this, 'Alarms', {
      displayName: 'Alarms of Holdfast',
      enforceSSL: true,
      ...(masterKey === undefined ? {} : { masterKey }),
    });
    // A policy of its own takes the place of the one that lets the account publish: who publishes must be in it.
    for (const statement of publish(['sns:Publish'], [topic.topicArn])) {
      topic.addToResourcePolicy(statement);
    }
    if (props.alarmEmail !== undefined) {
      topic.addSubscription(new EmailSubscription(props.alarmEmail));
    }
    return topic;
  }
}

function allOf(lines: Readonly<Record<string, string>>): IFilterPattern {
  return FilterPattern.all(...Object.entries(lines).map(([field, text]) => FilterPattern.stringValue(`$.${field}`, '=', text)));
}
