/** The targets of ports that every capability may reach. What only one capability has, it adds itself. */
import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { EventBus } from 'aws-cdk-lib/aws-events';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { IUserPool } from 'aws-cdk-lib/aws-cognito';
import type { Target, Targets } from '../ports.ts';
import type { Settings } from '../settings.ts';
import type { ProviderSecrets } from './secrets.ts';
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
  readonly secrets: ProviderSecrets;
  readonly guests: IUserPool;
}

export function sharedTargets(stack: Stack, { settings, tables, bus, secrets, guests }: TargetsProps): Targets {
  const ledger = { HOLDFAST_LEDGER_TABLE: tables.ledger.tableName };
  const index = (name: string): Target => ({ arns: [`${tables.ledger.tableArn}/index/${name}`], environment: ledger });
  const states = (resource: string, resourceName: string): string =>
    stack.formatArn({ service: 'states', resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  const booking = states('stateMachine', machineName(stack, 'booking'));
  const cancellation = states('stateMachine', machineName(stack, 'cancellation'));
  const { mailFrom, variant } = settings;
  const mailDomain = mailFrom.slice(mailFrom.indexOf('@') + 1);
  return {
    ledger: { arns: [tables.ledger.tableArn], environment: ledger },
    ledgerByGuest: index(BY_GUEST_INDEX),
    ledgerByEnd: index(BY_END_INDEX),
    holds: { arns: [tables.holds.tableArn], environment: { HOLDFAST_HOLDS_TABLE: tables.holds.tableName } },
    confidential: {
      arns: [tables.confidential.tableArn],
      environment: { HOLDFAST_CONFIDENTIAL_TABLE: tables.confidential.tableName },
    },
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
    guestPool: { arns: [guests.userPoolArn], environment: { HOLDFAST_GUEST_POOL_ID: guests.userPoolId } },
    stripe: {
      arns: [secrets.stripeKey.secretArn],
      environment: {
        HOLDFAST_STRIPE_KEY_SECRET_ID: secrets.stripeKey.secretArn,
        HOLDFAST_STRIPE_API_URL: variant.stripeApiUrl,
      },
    },
    // No resource: how often the provider is called for new payments.
    paymentPace: {
      arns: [],
      environment: { HOLDFAST_PAYMENT_CALLS_PER_SECOND: String(variant.paymentCallsPerSecond) },
    },
    stripeWebhook: {
      arns: [secrets.stripeWebhook.secretArn],
      environment: { HOLDFAST_STRIPE_WEBHOOK_SECRET_ID: secrets.stripeWebhook.secretArn },
    },
    partner: {
      arns: [secrets.partner.secretArn],
      environment: {
        HOLDFAST_PARTNER_SECRET_ID: secrets.partner.secretArn,
        HOLDFAST_PARTNER_WEBHOOK_URL: variant.partnerWebhookUrl ?? '',
      },
    },
    quoteKey: {
      arns: [secrets.quotes.secretArn],
      environment: { HOLDFAST_QUOTE_KEY_SECRET_ID: secrets.quotes.secretArn },
    },
  };
}

/** A queue that a function writes to. */
export function queueTarget(queue: Queue, variable: string): Target {
  return { arns: [queue.queueArn], environment: { [variable]: queue.queueUrl } };
}
