/**
 * The stack: it only puts foundations and capabilities together.
 *
 * A capability is a construct that brings all that belongs to one subject: its functions with their ports, their routes,
 * queues, streams and schedules, and the alarms of all that. A new function is a crate below `functions/` and its lines in
 * a capability; a new capability is a file below `capabilities/` and its line here.
 */
import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { CfnElement, StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Bookings } from './capabilities/bookings.ts';
import { Catalogue } from './capabilities/catalogue.ts';
import { Events } from './capabilities/events.ts';
import { Holds } from './capabilities/holds.ts';
import { Notifications } from './capabilities/notifications.ts';
import { Operations } from './capabilities/operations.ts';
import { Partners } from './capabilities/partners.ts';
import { Payments } from './capabilities/payments.ts';
import { Search } from './capabilities/search.ts';
import { contractOfRepository } from './contract.ts';
import type { Contract } from './contract.ts';
import type { Foundations } from './foundations.ts';
import { Alarms } from './foundations/alarms.ts';
import { Auth } from './foundations/auth.ts';
import { Edge } from './foundations/edge.ts';
import { EncryptionKey } from './foundations/encryption-key.ts';
import { HoldfastBus } from './foundations/event-bus.ts';
import { BookingApi } from './foundations/http-api.ts';
import { keptId } from './foundations/kept-ids.ts';
import { ProviderSecrets } from './foundations/secrets.ts';
import { Tables } from './foundations/tables.ts';
import { sharedTargets } from './foundations/targets.ts';
import { HoldfastFunction } from './holdfast-function.ts';
import { writesFacts } from './ports.ts';
import type { Settings } from './settings.ts';

export interface HoldfastStackProps extends StackProps {
  readonly settings: Settings;
  /** Default: what the repository declares. */
  readonly contract?: Contract;
}

export class HoldfastStack extends Stack {
  readonly foundations: Foundations;

  constructor(scope: Construct, id: string, props: HoldfastStackProps) {
    super(scope, id, props);
    const { settings } = props;
    const { variant } = settings;
    const { removalPolicy, deletionProtection } = variant;
    const { routes, routing } = props.contract ?? contractOfRepository();

    const tables = new Tables(this, 'Tables', { removalPolicy, deletionProtection });
    const secrets = new ProviderSecrets(this, 'Provider', { values: variant.secretValues, removalPolicy });
    const alarms = new Alarms(this, 'Observability', {
      topicKey: variant.alarmTopicKey,
      monthlySpendUsd: variant.spendBudget ? settings.monthlySpendUsd : undefined,
      alarmEmail: settings.alarmEmail,
      removalPolicy,
    });
    alarms.watchAccount();
    tables.watchThrottles(alarms);
    const bus = new HoldfastBus(this, 'Channels', { archive: variant.busArchiveAndPolicy, routing, alarms });
    const auth = new Auth(this, 'Auth', {
      tokenIssuer: variant.tokenIssuer,
      guestCallbackUrls: settings.guestCallbackUrls,
      staffCallbackUrls: settings.staffCallbackUrls,
      mailFrom: settings.namedMailFrom,
      threatProtection: settings.threatProtection,
      removalPolicy,
      deletionProtection,
    });
    const api = new BookingApi(this, 'Api', {
      routes,
      tokenIssuers: auth.issuers,
      throttleRateLimit: settings.throttleRateLimit,
      throttleBurstLimit: settings.throttleBurstLimit,
      publicRateLimit: settings.publicRateLimit,
      publicBurstLimit: settings.publicBurstLimit,
      corsOrigins: settings.corsOrigins,
      alarms,
      removalPolicy,
    });
    const edge = new Edge(this, 'Edge', { api, routes, variant: variant.edge, settings, removalPolicy });
    const publicUrl = variant.publicUrl?.replace('{ApiId}', api.api.apiId) ?? edge.url;
    api.enterBy({ ...edge.entrance, url: publicUrl });
    const targets = sharedTargets(this, { settings, tables, bus: bus.bus, secrets, guests: auth.guests });
    this.foundations = { settings, tables, bus, api, alarms, targets };

    new Search(this, 'Search', this.foundations);
    new Catalogue(this, 'Catalogue', this.foundations);
    new Holds(this, 'Holds', this.foundations);
    new Bookings(this, 'Bookings', this.foundations);
    const operations = new Operations(this, 'Operations', this.foundations);
    const { sagas } = new Payments(this, 'Payments', this.foundations, operations.manualReview);
    new Notifications(this, 'Notifications', this.foundations);
    new Partners(this, 'Partners', this.foundations);
    const { relay } = new Events(this, 'Events', this.foundations);

    const publishers = HoldfastFunction.below(this).filter(({ ports }) => ports.includes('EventBus'));
    bus.rulesBefore(publishers);
    // The relay of the release before drops facts of kinds that it does not know: who writes them is changed after it.
    const writers = HoldfastFunction.below(this).filter(({ ports }) => writesFacts(ports));
    writers.forEach(({ lambda }) => lambda.node.addDependency(relay.lambda.node.defaultChild ?? relay.lambda));
    if (variant.busArchiveAndPolicy) {
      bus.admitOnly(publishers.map(({ role }) => role));
    }

    // When all is there that it is for.
    if (variant.encryptionKey === 'own') {
      new EncryptionKey(this, 'Encryption').protect(this);
    }

    this.say({
      ApiId: api.api.apiId,
      ApiUrl: api.url,
      // Where clients, and the payment provider, reach the API on AWS; and the distribution's own name, which a name of yours leads to.
      EdgeUrl: edge.url,
      EdgeHost: edge.domainName,
      // `make deploy` reads it, so that a deployment does not take another key by accident.
      EdgeKey: String(settings.edgeKey),
      // Likewise, so that what is encrypted with a key of one's own stays so.
      EncryptionKey: variant.encryptionKey,
      LedgerTable: tables.ledger.tableName,
      HoldsTable: tables.holds.tableName,
      ConfidentialTable: tables.confidential.tableName,
      SearchTable: tables.search.tableName,
      BusName: bus.bus.eventBusName,
      BusArn: bus.bus.eventBusArn,
      BookingMachineArn: sagas.booking.stateMachineArn,
      CancellationMachineArn: sagas.cancellation.stateMachineArn,
      // Under the name that it had when it was the only one.
      SecretArn: secrets.stripeKey.secretArn,
      StripeWebhookSecretArn: secrets.stripeWebhook.secretArn,
      PartnerSecretArn: secrets.partner.secretArn,
      QuoteSecretArn: secrets.quotes.secretArn,
      AlarmTopicArn: alarms.topic.topicArn,
      AlarmToTry: operations.waiting.alarmName,
      // `make deploy` reads it, to know what it may count with next time.
      ReservedConcurrency: [...settings.reservedConcurrency].map((one) => one.join('=')).join(' ') || 'none',
      StripeApiUrl: variant.stripeApiUrl,
      ...auth.outputs,
    });
  }

  protected override allocateLogicalId(element: CfnElement): string {
    return keptId(element) ?? super.allocateLogicalId(element);
  }

  private say(values: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(values)) {
      new CfnOutput(this, name, { value });
    }
  }
}
