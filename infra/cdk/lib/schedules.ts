/** What runs by the clock: a rule of the default bus for each, since a schedule belongs to no other bus. */
import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import type { FunctionName, Functions } from './functions.ts';
import { pascalCase } from './functions.ts';

interface Scheduled {
  readonly functionName: FunctionName;
  readonly every: Duration;
  readonly description: string;
}

export const SCHEDULED: readonly Scheduled[] = [
  {
    functionName: 'completion',
    every: Duration.minutes(15),
    description: 'Records that the time of bookings has passed; until then it is shown all the same',
  },
  {
    functionName: 'reconciliation',
    every: Duration.hours(1),
    description: "Compares pages, bookings and the provider's payments; nothing waits for it",
  },
];

export class Schedules extends Construct {
  constructor(scope: Construct, id: string, props: { readonly functions: Functions }) {
    super(scope, id);
    for (const { functionName, every, description } of SCHEDULED) {
      new Rule(this, pascalCase(functionName), {
        description,
        schedule: Schedule.rate(every),
        // A tick that is lost is made good by the next.
        targets: [new LambdaFunction(props.functions.get(functionName).lambda, { retryAttempts: 2, maxEventAge: every })],
      });
    }
  }
}
