/**
 * Alarms and the topic that they ring. Each one's description is a link into `docs/runbook.md`, so that whoever is woken
 * knows where to read on; `test/runbook.test.ts` checks that the place exists.
 */
import { Duration } from 'aws-cdk-lib';
import type { RemovalPolicy } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

export const RUNBOOK = 'docs/runbook.md';

export interface AlarmsProps {
  readonly topicKey: boolean;
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

export class Alarms extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.topic = this.alarmTopic(props);
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
  raise(scope: Construct, id: string, spec: AlarmSpec): void {
    const alarm = new Alarm(scope, id, {
      alarmDescription: `${RUNBOOK}#${spec.anchor}`,
      metric: spec.metric,
      threshold: spec.threshold,
      evaluationPeriods: spec.periods ?? 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
  }

  /** Makes the alarm of a queue in which any message is one for people. */
  raiseNotEmpty(scope: Construct, id: string, queue: Queue, anchor: string): void {
    const metric = queue.metricApproximateNumberOfMessagesVisible({
      period: Duration.minutes(1),
      statistic: Stats.MAXIMUM,
    });
    this.raise(scope, id, { anchor, metric, threshold: 1 });
  }

  private alarmTopic(props: AlarmsProps): Topic {
    let masterKey: Key | undefined;
    if (props.topicKey) {
      // The account's own key for SNS does not let CloudWatch publish.
      masterKey = new Key(this, 'AlarmKey', {
        description: 'Encrypts what the alarms say',
        enableKeyRotation: true,
        removalPolicy: props.removalPolicy,
      });
      masterKey.addToResourcePolicy(
        new PolicyStatement({
          principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
          actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
          resources: ['*'],
        }),
      );
    }
    const topic = new Topic(this, 'Alarms', {
      displayName: 'Alarms of Holdfast',
      enforceSSL: true,
      ...(masterKey === undefined ? {} : { masterKey }),
    });
    if (props.alarmEmail !== undefined) {
      topic.addSubscription(new EmailSubscription(props.alarmEmail));
    }
    return topic;
  }
}
