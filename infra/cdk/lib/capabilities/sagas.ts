/** The booking saga and the settlement of cancellations: two state machines over one payment function. */
import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import type { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import type { Foundations } from '../foundations.ts';
import { machineName } from '../foundations/targets.ts';
import type { MachineName } from '../foundations/targets.ts';
import { acknowledgeWildcard } from '../foundations/wildcards.ts';
import type { HoldfastFunction } from '../holdfast-function.ts';
import { pascalCase } from '../names.ts';

export const STATE_MACHINES_DIR = path.resolve(
  path.dirname(fileURLToPath(import.meta.url)),
  '../../../../statemachines',
);

/** The error with which a machine ends after it has put its own note into the manual-review queue. */
export const PARKED = 'Parked';

export interface SagasProps {
  /** Takes the steps. */
  readonly payment: HoldfastFunction;
  readonly manualReview: Queue;
}

export class Sagas extends Construct {
  readonly booking: StateMachine;
  readonly cancellation: StateMachine;

  constructor(scope: Construct, id: string, foundations: Foundations, props: SagasProps) {
    super(scope, id);
    const { lambda } = props.payment;
    // An execution keeps the definition that it began with, and so the version that this names.
    const steps = foundations.settings.variant.publishedVersions ? lambda.currentVersion : lambda;
    const common = {
      PaymentFunctionArn: steps.functionArn,
      ManualReviewQueueUrl: props.manualReview.queueUrl,
    };
    this.booking = this.machine('booking', foundations, props, {
      ...common,
      LatePaymentSeconds: String(foundations.settings.variant.latePaymentSeconds),
    });
    this.cancellation = this.machine('cancellation', foundations, props, common);

    // No Catch sees States.Runtime and States.DataLimitExceeded, nor a machine that is stopped or runs out of time.
    // Whatever ends other than well, and has not parked itself, is put before a person all the same.
    new Rule(this, 'EndedUnparked', {
      description: 'Sagas that ended badly without having parked themselves',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          stateMachineArn: [this.booking.stateMachineArn, this.cancellation.stateMachineArn],
          $or: [
            { status: ['TIMED_OUT', 'ABORTED'] },
            { status: ['FAILED'], error: [{ 'anything-but': [PARKED] }] },
            { status: ['FAILED'], error: [{ exists: false }] },
          ],
        },
      },
      targets: [foundations.bus.target(props.manualReview)],
    });
  }

  private machine(
    name: MachineName,
    { alarms, settings }: Foundations,
    props: SagasProps,
    substitutions: Record<string, string>,
  ): StateMachine {
    const { publishedVersions, removalPolicy, tracing } = settings.variant;
    const fullName = machineName(Stack.of(this), name);
    const definition = readFileSync(path.join(STATE_MACHINES_DIR, `${name}.asl.json`), 'utf8');
    const role = new Role(this, `${name}Role`, { assumedBy: new ServicePrincipal('states.amazonaws.com') });
    const { functionArn } = props.payment.lambda;
    const versions = publishedVersions ? [`${functionArn}:*`] : [];
    // Without a version it is called by executions of the release before.
    role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [functionArn, ...versions] }));
    versions.forEach((arn) => acknowledgeWildcard(role, arn, 'Executions that run go on with older versions of the function'));
    role.addToPolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [props.manualReview.queueArn] }));

    const machine = new StateMachine(this, name, {
      stateMachineName: fullName,
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(definition),
      definitionSubstitutions: substitutions,
      role,
      logs: {
        level: LogLevel.ALL,
        // Inputs and outputs stay in the execution history, where reading them needs a permission of its own.
        includeExecutionData: false,
        destination: new LogGroup(this, `${name}Logs`, {
          logGroupName: `/aws/vendedlogs/states/${fullName}`,
          retention: RetentionDays.ONE_MONTH,
          removalPolicy,
        }),
      },
      tracingEnabled: tracing,
    });
    if (/"TimeoutSeconds": "\{%/.test(definition)) {
      // cfn-lint knows a timeout as a number only; Step Functions takes a JSONata expression there too.
      // https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
      (machine.node.defaultChild as CfnStateMachine).addMetadata('cfn-lint', { config: { ignore_checks: ['E3601'] } });
    }
    if (!tracing) {
      Validations.of(machine).acknowledge({
        id: 'AwsSolutions-SF2',
        reason: 'The local stack has nowhere to send traces',
      });
    }
    acknowledgeWildcard(role, '*', 'Delivery of logs and traces knows no resources');
    const period = { period: Duration.minutes(1), statistic: Stats.SUM };
    const alarmed = pascalCase(name);
    alarms.raise(this, `${alarmed}SagaFailed`, {
      anchor: 'saga-failed',
      metric: machine.metricFailed(period),
      threshold: 1,
    });
    alarms.raise(this, `${alarmed}SagaTimedOut`, {
      anchor: 'saga-timed-out',
      metric: machine.metricTimedOut(period),
      threshold: 1,
    });
    alarms.raise(this, `${alarmed}SagaAborted`, {
      anchor: 'saga-aborted',
      metric: machine.metricAborted(period),
      threshold: 1,
    });
    return machine;
  }
}
