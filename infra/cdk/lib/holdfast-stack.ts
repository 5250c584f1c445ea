/** The stack: it only puts the constructs together and says what came out. */
import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Auth } from './auth.ts';
import { CONSUMERS, EventChannels, EventFlow } from './events.ts';
import { FUNCTION_NAMES, Functions, pascalCase } from './functions.ts';
import { BookingApi } from './http-api.ts';
import { Observability } from './observability.ts';
import { Saga } from './saga.ts';
import { Schedules } from './schedules.ts';
import { ProviderSecret } from './secrets.ts';
import type { Settings } from './settings.ts';
import { Tables } from './tables.ts';

export interface HoldfastStackProps extends StackProps {
  readonly settings: Settings;
}

export class HoldfastStack extends Stack {
  constructor(scope: Construct, id: string, props: HoldfastStackProps) {
    super(scope, id, props);
    const { settings } = props;
    const { variant } = settings;
    const { removalPolicy, deletionProtection } = variant;

    const tables = new Tables(this, 'Tables', { removalPolicy, deletionProtection });
    const secret = new ProviderSecret(this, 'Provider', { values: variant.secretValues, removalPolicy });
    const channels = new EventChannels(this, 'Channels', { archive: variant.busArchiveAndPolicy });
    const functions = new Functions(this, 'Functions', {
      settings,
      tables,
      bus: channels.bus,
      secret: secret.secret,
      timerQueue: channels.queue('timer'),
      manualReview: channels.manualReview,
    });
    const saga = new Saga(this, 'Saga', {
      payment: functions.get('payment'),
      manualReview: channels.manualReview,
      undelivered: channels.undelivered,
      latePaymentSeconds: variant.latePaymentSeconds,
      tracing: variant.tracing,
      removalPolicy,
    });
    functions.connectMachines(saga.booking, saga.cancellation);
    new EventFlow(this, 'Flow', {
      channels,
      functions,
      ledger: tables.ledger,
      holds: tables.holds,
      partnerEnabled: variant.partnerWebhookUrl !== undefined,
      busPolicy: variant.busArchiveAndPolicy,
    });
    new Schedules(this, 'Schedules', { functions });
    const auth = new Auth(this, 'Auth', {
      tokenIssuer: variant.tokenIssuer,
      guestCallbackUrls: settings.guestCallbackUrls,
      removalPolicy,
      deletionProtection,
    });
    const api = new BookingApi(this, 'Api', {
      functions,
      authorizer: auth.authorizer,
      throttleRateLimit: settings.throttleRateLimit,
      throttleBurstLimit: settings.throttleBurstLimit,
      removalPolicy,
    });
    const observability = new Observability(this, 'Observability', {
      channels,
      functions,
      saga,
      api: api.api,
      topicKey: variant.alarmTopicKey,
      alarmEmail: settings.alarmEmail,
      removalPolicy,
    });

    this.say({
      ApiId: api.api.apiId,
      ApiUrl: api.url,
      LedgerTable: tables.ledger.tableName,
      HoldsTable: tables.holds.tableName,
      SearchTable: tables.search.tableName,
      BusName: channels.bus.eventBusName,
      BookingMachineArn: saga.booking.stateMachineArn,
      CancellationMachineArn: saga.cancellation.stateMachineArn,
      ManualReviewQueueUrl: channels.manualReview.queueUrl,
      ...Object.fromEntries(CONSUMERS.map(({ name }) => [`${pascalCase(name)}QueueUrl`, channels.queue(name).queueUrl])),
      ...Object.fromEntries(channels.setAside().map(({ name, queue }) => [`${name}QueueUrl`, queue.queueUrl])),
      ...Object.fromEntries(
        FUNCTION_NAMES.map((name) => [`${pascalCase(name)}FunctionName`, functions.get(name).lambda.functionName]),
      ),
      SecretArn: secret.secret.secretArn,
      AlarmTopicArn: observability.topic.topicArn,
      StripeApiUrl: variant.stripeApiUrl,
      ...auth.outputs,
    });
  }

  private say(values: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(values)) {
      new CfnOutput(this, name, { value });
    }
  }
}
