/** One function of the workspace: its code, log group, role and settings. Grants are given by `functions.ts`. */
import { Duration, Stack } from 'aws-cdk-lib';
import type { RemovalPolicy } from 'aws-cdk-lib';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, LoggingFormat, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import type { Architecture } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { NagSuppressions } from 'cdk-nag';
import { Construct } from 'constructs';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const APP_DIR = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

export interface HoldfastFunctionProps {
  /** Name of the crate and of its folder below `lambdaDir`. */
  readonly name: string;
  readonly description: string;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly lambdaDir: string;
  readonly architecture: Architecture;
  readonly tracing: boolean;
  readonly removalPolicy: RemovalPolicy;
}

export class HoldfastFunction extends Construct {
  readonly lambda: LambdaFunction;
  readonly role: Role;
  readonly name: string;
  readonly timeoutSeconds: number;

  constructor(scope: Construct, id: string, props: HoldfastFunctionProps) {
    super(scope, id);
    this.name = props.name;
    this.timeoutSeconds = props.timeoutSeconds;
    const functionName = `${Stack.of(this).stackName.toLowerCase()}-${props.name}`;

    const logGroup = new LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: props.removalPolicy,
    });
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(this.role);

    this.lambda = new LambdaFunction(this, 'Function', {
      functionName,
      description: props.description,
      runtime: Runtime.PROVIDED_AL2023,
      handler: 'bootstrap',
      architecture: props.architecture,
      code: Code.fromAsset(codeFolder(props.lambdaDir, props.name)),
      memorySize: props.memoryMegabytes,
      timeout: Duration.seconds(props.timeoutSeconds),
      environment: { ...props.environment },
      role: this.role,
      logGroup,
      loggingFormat: LoggingFormat.TEXT,
      tracing: props.tracing ? Tracing.ACTIVE : Tracing.DISABLED,
    });
    if (props.tracing) {
      NagSuppressions.addResourceSuppressions(
        this.role,
        [{ id: 'AwsSolutions-IAM5', reason: 'X-Ray has no resources to name', appliesTo: ['Resource::*'] }],
        true,
      );
    }
  }

  /** Allows exactly these actions on exactly these resources. */
  allow(actions: readonly string[], resources: readonly string[]): void {
    this.lambda.addToRolePolicy(
      new PolicyStatement({ effect: Effect.ALLOW, actions: [...actions], resources: [...resources] }),
    );
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
