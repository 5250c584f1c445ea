/** The targets of ports that every capability may reach. What only one capability has, it adds itself. */
import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { EventBus } from 'aws-cdk-lib/aws-events';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Target, Targets } from '../ports.ts';
import type { Settings } from '../settings.ts';
import { BY_END_INDEX, BY_GUEST_INDEX } from './tables.ts';
import type { Tables } from './tables.ts';

export type MachineName = 'booking' | 'cancellation';

/**
 * The name of a state machine. It is fixed, because functions name machines that are made after them: the machines call
 * a function that itself resumes one.
 */
export function machineName(stack: Stack, machine: MachineName): string {
  return `${stack.stackName.toLowerCase()}-${machine}`;
}

export interface TargetsProps {
  readonly settings: Settings;
  readonly tables: Tables;
  readonly bus: EventBus;
  readonly secret: Secret;
}

export function sharedTargets(stack: Stack, { settings, tables, bus, secret }: TargetsProps): Targets {
  const ledger = { HOLDFAST_LEDGER_TABLE: tables.ledger.tableName };
  const index = (name: string): Target => ({ arns: [`${tables.ledger.tableArn}/index/${name}`], environment: ledger });
  const states = (resource: string, resourceName: string): string =>
    stack.formatArn({ service: 'states', resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  const booking = states('stateMachine', machineName(stack, 'booking'));
  const cancellation = states('stateMachine', machineName(stack, 'cancellation'));
  const { mailFrom, variant } = settings;
  const mailDomain = mailFrom.slice(mailFrom.indexOf('@') + 1);
  const secretId = { HOLDFAST_SECRET_ID: secret.secretArn };
  return {
    ledger: { arns: [tables.ledger.tableArn], environment: ledger },
    ledgerByGuest: index(BY_GUEST_INDEX),
    ledgerByEnd: index(BY_END_INDEX),
    holds: { arns: [tables.holds.tableArn], environment: { HOLDFAST_HOLDS_TABLE: tables.holds.tableName } },
    search: { arns: [tables.search.tableArn], environment: { HOLDFAST_SEARCH_TABLE: tables.search.tableName } },
    bus: { arns: [bus.eventBusArn], environment: { HOLDFAST_BUS_NAME: bus.eventBusName } },
    bookingMachine: { arns: [booking], environment: { HOLDFAST_BOOKING_MACHINE_ARN: booking } },
    // A token says by itself which execution it resumes.
    bookingCallbacks: { arns: [booking], environment: {} },
    bookingExecutions: {
      // An execution's ARN carries the machine's name where the machine's own says `stateMachine`.
      arns: [states('execution', `${machineName(stack, 'booking')}:*`)],
      environment: { HOLDFAST_BOOKING_MACHINE_ARN: booking },
      wildcardBecause: 'The executions of the booking machine, one per booking: their names are not known beforehand',
    },
    cancellationMachine: { arns: [cancellation], environment: { HOLDFAST_CANCELLATION_MACHINE_ARN: cancellation } },
    mailIdentities: {
      arns: [mailFrom, mailDomain].map((identity) =>
        stack.formatArn({ service: 'ses', resource: 'identity', resourceName: identity }),
      ),
      environment: { HOLDFAST_MAIL_FROM: mailFrom },
    },
    stripe: { arns: [secret.secretArn], environment: { ...secretId, HOLDFAST_STRIPE_API_URL: variant.stripeApiUrl } },
    partner: {
      arns: [secret.secretArn],
      environment: { ...secretId, HOLDFAST_PARTNER_WEBHOOK_URL: variant.partnerWebhookUrl ?? '' },
    },
  };
}

/** A queue that a function writes to. */
export function queueTarget(queue: Queue, variable: string): Target {
  return { arns: [queue.queueArn], environment: { [variable]: queue.queueUrl } };
}
