/** One function of the workspace: its code, log group, role and settings, its grants, its schedule and its alarm. */
import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, LoggingFormat, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { IConstruct } from 'constructs';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { KEPT } from './concurrency.ts';
import type { Foundations } from './foundations.ts';
import { acknowledgeWildcard } from './foundations/wildcards.ts';
import { pascalCase } from './names.ts';
import { needs } from './ports.ts';
import type { Port, Targets } from './ports.ts';

const APP_DIR = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

export interface HoldfastFunctionProps {
  /** Name of the crate and of its folder below `functions/`. */
  readonly name: string;
  readonly description: string;
  /** The ports of its use cases: they give its grants and its environment. */
  readonly ports: readonly Port[];
  /** What its ports reach beside the shared targets. */
  readonly targets?: Targets;
  /** Default: 15. */
  readonly timeoutSeconds?: number;
  /** Default: 256. */
  readonly memoryMegabytes?: number;
  /** Runs it by the clock, and then two failing ticks raise an alarm, instead of so many errors. */
  readonly schedule?: { readonly every: Duration; readonly description: string };
}

export class HoldfastFunction extends Construct {
  readonly lambda: LambdaFunction;
  readonly role: Role;
  readonly log: LogGroup;
  readonly name: string;
  readonly ports: readonly Port[];

  constructor(scope: Construct, foundations: Foundations, props: HoldfastFunctionProps) {
    super(scope, pascalCase(props.name));
    this.name = props.name;
    this.ports = props.ports;
    const { logFilter, reservedConcurrency, variant } = foundations.settings;
    const reserved = reservedConcurrency.get(props.name);
    const stack = Stack.of(this);
    const functionName = `${stack.stackName.toLowerCase()}-${props.name}`;

    this.log = new LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: variant.removalPolicy,
    });
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.log.grantWrite(this.role);

    this.lambda = new LambdaFunction(this, 'Function', {
      functionName,
      description: props.description,
      runtime: Runtime.PROVIDED_AL2023,
      handler: 'bootstrap',
      architecture: variant.architecture,
      code: Code.fromAsset(codeFolder(variant.lambdaDir, props.name)),
      memorySize: props.memoryMegabytes ?? 256,
      timeout: Duration.seconds(props.timeoutSeconds ?? 15),
      environment: { HOLDFAST_LOG: logFilter },
      role: this.role,
      logGroup: this.log,
      loggingFormat: LoggingFormat.TEXT,
      ...(reserved === undefined ? {} : { reservedConcurrentExecutions: reserved }),
      // Whoever goes on with an older version still finds it.
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
      tracing: variant.tracing ? Tracing.ACTIVE : Tracing.DISABLED,
    });
    if (variant.tracing) {
      acknowledgeWildcard(this.role, '*', 'X-Ray has no resources to name');
    }
    this.reach({ ...foundations.targets, ...props.targets });
    this.watch(foundations, props.schedule);
    new CfnOutput(stack, `${pascalCase(props.name)}FunctionName`, { value: this.lambda.functionName });
  }

  /** The functions below `scope`. */
  static below(scope: IConstruct): HoldfastFunction[] {
    return scope.node.findAll().filter((one): one is HoldfastFunction => one instanceof HoldfastFunction);
  }

  /**
   * Allows exactly these actions on exactly these resources, of a table only items with such partition keys. For what feeds the
   * function: its own calls are ports.
   */
  allow(actions: readonly string[], resources: readonly string[], keys?: readonly string[]): void {
    const conditions = keys && { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [...keys] } };
    this.lambda.addToRolePolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: [...actions],
        resources: [...resources],
        ...(conditions === undefined ? {} : { conditions }),
      }),
    );
  }

  private reach(targets: Targets): void {
    for (const [name, grants] of needs(this.ports)) {
      const target = targets[name];
      if (target === undefined) {
        throw new Error(`${this.name} has a port that reaches ${name}, and is not given it`);
      }
      grants.forEach(({ actions, keys }) => this.allow(actions, target.arns, keys));
      for (const [variable, value] of Object.entries(target.environment)) {
        this.lambda.addEnvironment(variable, value);
      }
      if (target.wildcardBecause !== undefined) {
        for (const arn of target.arns) {
          acknowledgeWildcard(this.role, arn, target.wildcardBecause);
        }
      }
    }
  }

  private watch({ alarms }: Foundations, schedule: HoldfastFunctionProps['schedule']): void {
    if (this.name in KEPT) {
      alarms.raise(this, 'Throttled', {
        anchor: 'functions-throttled',
        metric: this.lambda.metricThrottles({ period: Duration.minutes(1), statistic: Stats.SUM }),
        threshold: 1,
        periods: 3,
      });
    }
    const errors = (period: Duration) => this.lambda.metricErrors({ period, statistic: Stats.SUM });
    if (schedule === undefined) {
      alarms.raise(this, 'Errors', { anchor: 'function-errors', metric: errors(Duration.minutes(5)), threshold: 5 });
      return;
    }
    const { every, description } = schedule;
    // A rule of the default bus: a schedule belongs to no other.
    new Rule(this, 'Schedule', {
      description,
      schedule: Schedule.rate(every),
      // A tick that is lost is made good by the next.
      targets: [new LambdaTarget(this.lambda, { retryAttempts: 2, maxEventAge: every })],
    });
    // Two ticks running: the first may have met a passing outage.
    alarms.raise(this, 'Failing', { anchor: 'schedule-failing', metric: errors(every), threshold: 1, periods: 2 });
  }
}

function codeFolder(lambdaDir: string, name: string): string {
  const folder = path.resolve(APP_DIR, lambdaDir, name);
  if (!existsSync(path.join(folder, 'bootstrap'))) {
    throw new Error(
      `no ${path.join(lambdaDir, name, 'bootstrap')}: build the functions first (make build), ` +
        'or name their folder with -c lambdaDir=...',
    );
  }
  return folder;
}
