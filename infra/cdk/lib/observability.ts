/**
 * Alarms. Each one's description is a link into `docs/runbook.md`, so that whoever is woken knows where to read on;
 * `test/runbook.test.ts` checks that the place exists.
 */
import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { RemovalPolicy } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { EventChannels } from './events.ts';
import { pascalCase } from './functions.ts';
import type { Functions } from './functions.ts';
import type { Saga } from './saga.ts';
import { SCHEDULED } from './schedules.ts';

export const RUNBOOK = 'docs/runbook.md';

export interface ObservabilityProps {
  readonly channels: EventChannels;
  readonly functions: Functions;
  readonly saga: Saga;
  readonly api: HttpApi;
  readonly topicKey: boolean;
  readonly alarmEmail: string | undefined;
  readonly removalPolicy: RemovalPolicy;
}

interface AlarmSpec {
  /** Section of the runbook. */
  readonly anchor: string;
  readonly metric: IMetric;
  /** The alarm is raised at this value or above... */
  readonly threshold: number;
  /** ...in so many periods running. */
  readonly periods?: number;
}

export class Observability extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, props: ObservabilityProps) {
    super(scope, id);
    this.topic = this.alarmTopic(props);

    this.alarm('ManualReviewWaiting', {
      anchor: 'manual-review-waiting',
      metric: props.channels.manualReview.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(1),
        statistic: Stats.MAXIMUM,
      }),
      threshold: 1,
    });
    for (const { name, queue } of props.channels.setAside()) {
      this.alarm(`${name}NotEmpty`, {
        anchor: 'messages-set-aside',
        metric: queue.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(1), statistic: Stats.MAXIMUM }),
        threshold: 1,
      });
    }
    for (const [name, machine] of [
      ['Booking', props.saga.booking],
      ['Cancellation', props.saga.cancellation],
    ] as const) {
      const period = { period: Duration.minutes(1), statistic: Stats.SUM };
      this.alarm(`${name}SagaFailed`, { anchor: 'saga-failed', metric: machine.metricFailed(period), threshold: 1 });
      this.alarm(`${name}SagaTimedOut`, { anchor: 'saga-timed-out', metric: machine.metricTimedOut(period), threshold: 1 });
      this.alarm(`${name}SagaAborted`, { anchor: 'saga-aborted', metric: machine.metricAborted(period), threshold: 1 });
    }
    const scheduled = SCHEDULED.map(({ functionName }) => props.functions.get(functionName));
    for (const { functionName, every } of SCHEDULED) {
      const one = props.functions.get(functionName);
      this.alarm(`${pascalCase(one.name)}Failing`, {
        anchor: 'schedule-failing',
        // Two ticks running: the first may have met a passing outage.
        metric: one.lambda.metricErrors({ period: every, statistic: Stats.SUM }),
        threshold: 1,
        periods: 2,
      });
    }
    for (const one of props.functions.all().filter((one) => !scheduled.includes(one))) {
      this.alarm(`${pascalCase(one.name)}Errors`, {
        anchor: 'function-errors',
        metric: one.lambda.metricErrors({ period: Duration.minutes(5), statistic: Stats.SUM }),
        threshold: 5,
      });
    }
    this.alarm('Drift', {
      anchor: 'drift',
      // The function writes it in CloudWatch's embedded metric format (shared/runtime/src/reconciliation.rs).
      metric: new Metric({
        namespace: 'Holdfast',
        metricName: 'Drift',
        dimensionsMap: { FunctionName: props.functions.get('reconciliation').lambda.functionName },
        period: Duration.hours(1),
        statistic: Stats.SUM,
      }),
      threshold: 1,
    });
    this.alarm('FunctionsThrottled', {
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
    for (const name of ['relay', 'projector'] as const) {
      this.alarm(`${pascalCase(name)}Behind`, {
        anchor: 'stream-behind',
        metric: props.functions.get(name).lambda.metric('IteratorAge', {
          period: Duration.minutes(1),
          statistic: Stats.MAXIMUM,
        }),
        threshold: Duration.minutes(5).toMilliseconds(),
        periods: 3,
      });
    }
    this.alarm('ApiServerErrors', {
      anchor: 'api-server-errors',
      metric: props.api.metricServerError({ period: Duration.minutes(1), statistic: Stats.SUM }),
      threshold: 5,
      periods: 2,
    });
  }

  private alarm(id: string, spec: AlarmSpec): void {
    const alarm = new Alarm(this, id, {
      alarmDescription: `${RUNBOOK}#${spec.anchor}`,
      metric: spec.metric,
      threshold: spec.threshold,
      evaluationPeriods: spec.periods ?? 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
  }

  private alarmTopic(props: ObservabilityProps): Topic {
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
