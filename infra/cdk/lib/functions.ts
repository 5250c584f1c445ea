/**
 * The functions, what each may do, and what each is told.
 *
 * A grant names its actions one by one and the table, queue, secret or machine they are for. DynamoDB checks the
 * parts of a transaction as the single actions (PutItem, UpdateItem, DeleteItem, ConditionCheckItem).
 */
import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { NagSuppressions } from 'cdk-nag';
import type { EventBus } from 'aws-cdk-lib/aws-events';
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { HoldfastFunction } from './holdfast-function.ts';
import type { Settings } from './settings.ts';
import { BY_END_INDEX, BY_GUEST_INDEX } from './tables.ts';
import type { Tables } from './tables.ts';

export const FUNCTION_NAMES = [
  'search',
  'hold',
  'confirm',
  'bookings',
  'cancel',
  'resources',
  'payment',
  'stripe-webhook',
  'hold-expiry',
  'relay',
  'projector',
  'notify',
  'partner',
  'completion',
  'reconciliation',
] as const;

export type FunctionName = (typeof FUNCTION_NAMES)[number];

const READ = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'];
const WRITE = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:ConditionCheckItem'];

export interface FunctionsProps {
  readonly settings: Settings;
  readonly tables: Tables;
  readonly bus: EventBus;
  readonly secret: Secret;
  readonly timerQueue: Queue;
  readonly manualReview: Queue;
}

export class Functions extends Construct {
  private readonly byName = new Map<FunctionName, HoldfastFunction>();

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id);
    const { tables, settings, bus, secret, timerQueue, manualReview } = props;
    const { variant } = settings;
    const ledger = { HOLDFAST_LEDGER_TABLE: tables.ledger.tableName };
    const holds = { HOLDFAST_HOLDS_TABLE: tables.holds.tableName };
    const search = { HOLDFAST_SEARCH_TABLE: tables.search.tableName };
    const secretId = { HOLDFAST_SECRET_ID: secret.secretArn };
    const stripe = { HOLDFAST_STRIPE_API_URL: variant.stripeApiUrl };

    const make = (
      name: FunctionName,
      description: string,
      environment: Record<string, string>,
      size: { timeoutSeconds?: number; memoryMegabytes?: number } = {},
    ): HoldfastFunction => {
      const made = new HoldfastFunction(this, pascalCase(name), {
        name,
        description,
        timeoutSeconds: size.timeoutSeconds ?? 15,
        memoryMegabytes: size.memoryMegabytes ?? 256,
        environment: { HOLDFAST_LOG: settings.logFilter, ...environment },
        lambdaDir: variant.lambdaDir,
        architecture: variant.architecture,
        tracing: variant.tracing,
        removalPolicy: variant.removalPolicy,
      });
      this.byName.set(name, made);
      return made;
    };

    // --- behind the HTTP API -------------------------------------------------------------------------------------
    const searchFunction = make('search', 'Search over the read model, and the calendar of one resource', {
      ...ledger,
      ...search,
    });
    searchFunction.allow(READ, [tables.search.tableArn]);
    searchFunction.allow(READ, [tables.ledger.tableArn]);

    const hold = make('hold', 'Places, reads, extends and releases holds', { ...ledger, ...holds }, { memoryMegabytes: 512 });
    hold.allow([...READ, ...WRITE], [tables.ledger.tableArn, tables.holds.tableArn]);

    // The HTTP API gives up after 30 s; the function answers `pending` before that.
    const confirm = make(
      'confirm',
      'Claims a hold, starts its booking saga and waits for it a while',
      { ...ledger, ...holds },
      { timeoutSeconds: 29, memoryMegabytes: 512 },
    );
    confirm.allow([...READ, ...WRITE], [tables.ledger.tableArn, tables.holds.tableArn]);

    const bookings = make('bookings', 'Reads bookings, their history and their audit trail', { ...ledger, ...holds });
    bookings.allow(READ, [tables.ledger.tableArn, indexArn(tables.ledger, BY_GUEST_INDEX)]);
    bookings.allow(['dynamodb:GetItem'], [tables.holds.tableArn]);

    const cancel = make('cancel', 'Cancels a booking, frees its places and starts the settlement', { ...ledger, ...holds });
    cancel.allow([...READ, ...WRITE], [tables.ledger.tableArn, tables.holds.tableArn]);

    const resources = make('resources', 'Reads resources; operators write them and their inventory', { ...ledger });
    resources.allow([...READ, ...WRITE], [tables.ledger.tableArn]);

    const webhook = make('stripe-webhook', "Takes the payment provider's events and resumes sagas", {
      ...ledger,
      ...holds,
      ...stripe,
      ...secretId,
    });
    webhook.allow([...READ, ...WRITE], [tables.ledger.tableArn]);
    webhook.allow(['dynamodb:GetItem'], [tables.holds.tableArn]);
    webhook.allow(['secretsmanager:GetSecretValue'], [secret.secretArn]);

    // --- behind the state machines ---------------------------------------------------------------------------------
    const payment = make(
      'payment',
      'The tasks of the booking and cancellation sagas',
      { ...ledger, ...holds, ...stripe, ...secretId },
      { timeoutSeconds: 30, memoryMegabytes: 512 },
    );
    payment.allow([...READ, ...WRITE], [tables.ledger.tableArn, tables.holds.tableArn]);
    payment.allow(['secretsmanager:GetSecretValue'], [secret.secretArn]);

    // --- behind queues and streams -----------------------------------------------------------------------------------
    const expiry = make(
      'hold-expiry',
      'Releases expired holds promptly (timer) and without fail (TTL)',
      { ...ledger, ...holds, HOLDFAST_TIMER_QUEUE_URL: timerQueue.queueUrl },
      { timeoutSeconds: 30 },
    );
    expiry.allow([...READ, ...WRITE], [tables.ledger.tableArn, tables.holds.tableArn]);
    expiry.allow(['sqs:SendMessage'], [timerQueue.queueArn]);

    const relay = make(
      'relay',
      'Publishes the changes of the ledger on the bus',
      { HOLDFAST_BUS_NAME: bus.eventBusName },
      { timeoutSeconds: 30 },
    );
    relay.allow(['events:PutEvents'], [bus.eventBusArn]);

    const projector = make(
      'projector',
      'Keeps the read model of the search',
      { ...ledger, ...search },
      { timeoutSeconds: 60 },
    );
    projector.allow(READ, [tables.ledger.tableArn]);
    projector.allow([...READ, ...WRITE], [tables.search.tableArn]);

    const notify = make(
      'notify',
      'Mails confirmations and cancellations to guests',
      { ...ledger, HOLDFAST_MAIL_FROM: settings.mailFrom },
      { timeoutSeconds: 30 },
    );
    notify.allow(['dynamodb:GetItem'], [tables.ledger.tableArn]);
    notify.allow(
      ['ses:SendEmail'],
      [settings.mailFrom, settings.mailFrom.slice(settings.mailFrom.indexOf('@') + 1)].map((identity) =>
        Stack.of(this).formatArn({ service: 'ses', resource: 'identity', resourceName: identity }),
      ),
    );

    const partner = make(
      'partner',
      'Tells partners of changed inventory, signed',
      { HOLDFAST_PARTNER_WEBHOOK_URL: variant.partnerWebhookUrl ?? '', ...secretId },
      { timeoutSeconds: 30 },
    );
    partner.allow(['secretsmanager:GetSecretValue'], [secret.secretArn]);

    // --- behind schedules --------------------------------------------------------------------------------------------
    const completion = make(
      'completion',
      'Records that the time of bookings has passed',
      { ...ledger },
      { timeoutSeconds: 120 },
    );
    completion.allow(['dynamodb:Query'], [indexArn(tables.ledger, BY_END_INDEX)]);
    completion.allow(['dynamodb:GetItem', 'dynamodb:PutItem'], [tables.ledger.tableArn]);

    const reconciliation = make(
      'reconciliation',
      "Compares pages, bookings and the provider's payments, repairs what is safe",
      {
        ...ledger,
        ...stripe,
        ...secretId,
        HOLDFAST_BUS_NAME: bus.eventBusName,
        HOLDFAST_MANUAL_REVIEW_QUEUE_URL: manualReview.queueUrl,
      },
      { timeoutSeconds: 900, memoryMegabytes: 1024 },
    );
    // Dropping a hold and writing a refund down are the only writes; both go by conditions.
    reconciliation.allow(
      ['dynamodb:Scan', 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      [tables.ledger.tableArn],
    );
    reconciliation.allow(['secretsmanager:GetSecretValue'], [secret.secretArn]);
    reconciliation.allow(['sqs:SendMessage'], [manualReview.queueArn]);
    reconciliation.allow(['events:PutEvents'], [bus.eventBusArn]);
  }

  get(name: FunctionName): HoldfastFunction {
    const found = this.byName.get(name);
    if (found === undefined) {
      throw new Error(`no function ${name}`);
    }
    return found;
  }

  all(): HoldfastFunction[] {
    return FUNCTION_NAMES.map((name) => this.get(name));
  }

  /**
   * Tells the functions of the state machines. It comes after the machines, because they name the payment function;
   * for the same reason the payment function's own grant stands beside its role, not in it.
   */
  connectMachines(booking: StateMachine, cancellation: StateMachine): void {
    const start = ['states:StartExecution'];
    const resume = ['states:SendTaskSuccess'];
    const bookingArn = { HOLDFAST_BOOKING_MACHINE_ARN: booking.stateMachineArn };
    const cancellationArn = { HOLDFAST_CANCELLATION_MACHINE_ARN: cancellation.stateMachineArn };
    const connect = (name: FunctionName, environment: Record<string, string>): HoldfastFunction => {
      const target = this.get(name);
      for (const [key, value] of Object.entries(environment)) {
        target.lambda.addEnvironment(key, value);
      }
      return target;
    };

    const confirm = connect('confirm', bookingArn);
    confirm.allow(start, [booking.stateMachineArn]);
    // An execution's ARN carries the machine's name where the machine's own says `stateMachine`.
    confirm.allow(['states:DescribeExecution'], [executionsArn(booking)]);

    const cancel = connect('cancel', cancellationArn);
    cancel.allow(start, [cancellation.stateMachineArn]);
    cancel.allow(resume, [booking.stateMachineArn]);

    const webhook = connect('stripe-webhook', { ...bookingArn, ...cancellationArn });
    webhook.allow(start, [booking.stateMachineArn, cancellation.stateMachineArn]);
    webhook.allow(resume, [booking.stateMachineArn]);

    const expiry = connect('hold-expiry', { ...bookingArn, ...cancellationArn });
    expiry.allow(start, [booking.stateMachineArn, cancellation.stateMachineArn]);

    const reconciliation = connect('reconciliation', { ...bookingArn, ...cancellationArn });
    reconciliation.allow(start, [booking.stateMachineArn, cancellation.stateMachineArn]);
    reconciliation.allow(['states:DescribeExecution'], [executionsArn(booking)]);

    new Policy(this, 'PaymentResumesSaga', {
      roles: [this.get('payment').role],
      statements: [new PolicyStatement({ actions: resume, resources: [booking.stateMachineArn] })],
    });

    for (const asking of [confirm, reconciliation]) {
      NagSuppressions.addResourceSuppressions(
        asking,
        [
          {
            id: 'AwsSolutions-IAM5',
            reason: 'The executions of the booking machine, one per booking: their names are not known beforehand',
            appliesTo: [{ regex: '/^Resource::arn:.*:states:.*:execution:.*:\\*$/g' }],
          },
        ],
        true,
      );
    }
  }
}

function indexArn(ledger: Table, name: string): string {
  return `${ledger.tableArn}/index/${name}`;
}

function executionsArn(machine: StateMachine): string {
  return Stack.of(machine).formatArn({
    service: 'states',
    resource: 'execution',
    resourceName: `${machine.stateMachineName}:*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

export function pascalCase(name: string): string {
  return name
    .split('-')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('');
}
