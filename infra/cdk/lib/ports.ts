/**
 * What each port of the application needs of AWS.
 *
 * A port is a trait of `shared/app`; one adapter implements it, and the actions below are those that the adapter calls.
 * A port that several functions use in different ways is divided by its methods (`CatalogueReader.pages`). What a trait
 * builds on is a port by itself: a function with `BookingStore` lists `BookingReader` too. A function lists the ports that
 * its `main.rs` composes (`test/composition.test.ts`); its policy and its environment are their union, and nothing else
 * (`test/ports.test.ts`, `test/environment.test.ts`).
 *
 * DynamoDB checks the parts of a transaction as the single actions (PutItem, UpdateItem, DeleteItem, ConditionCheckItem).
 */

/** What a port reaches: tables, their indexes, queues, machines and the like. */
export type TargetName =
  | 'ledger'
  | 'ledgerByGuest'
  | 'ledgerByEnd'
  | 'holds'
  | 'search'
  | 'bus'
  | 'bookingMachine'
  | 'bookingCallbacks'
  | 'bookingExecutions'
  | 'cancellationMachine'
  | 'timerQueue'
  | 'manualReview'
  | 'mailIdentities'
  | 'stripe'
  | 'partner';

/** A target in one stack. */
export interface Target {
  readonly arns: readonly string[];
  /** Variables by which a function finds it (`shared/runtime/src/config.rs`). */
  readonly environment: Readonly<Record<string, string>>;
  /** Why the ARNs end in `*`, if they do. */
  readonly wildcardBecause?: string;
}

export type Targets = { readonly [name in TargetName]?: Target };

interface Need {
  readonly target: TargetName;
  readonly actions: readonly string[];
}

function on(target: TargetName, ...actions: readonly string[]): Need {
  return { target, actions };
}

const GET = 'dynamodb:GetItem';
const GET_MANY = 'dynamodb:BatchGetItem';
const QUERY = 'dynamodb:Query';
const SCAN = 'dynamodb:Scan';
const PUT = 'dynamodb:PutItem';
const UPDATE = 'dynamodb:UpdateItem';
const DELETE = 'dynamodb:DeleteItem';
const CHECK = 'dynamodb:ConditionCheckItem';
/** A page is written, alone or with others; where it is made or brought under other terms, with a check of these. */
const WRITE_PAGES = [GET, GET_MANY, PUT, UPDATE, CHECK] as const;
const STRIPE = on('stripe', 'secretsmanager:GetSecretValue');

export const PORTS = {
  // --- catalogue: resources and their pages ---
  'CatalogueReader.resource': [on('ledger', GET)],
  'CatalogueReader.pages': [on('ledger', GET_MANY)],
  'CatalogueReader.stored_pages': [on('ledger', QUERY)],
  'CatalogueReader.stored_among': [on('ledger', GET_MANY)],
  'CatalogueReader.facts': [on('ledger', QUERY)],
  /** Replaces a resource, sets what applies to dates, and brings pages under both. */
  'Catalogue': [on('ledger', ...WRITE_PAGES)],

  // --- holds ---
  /** A hold's record and its entry on the page. */
  'HoldReader': [on('ledger', GET), on('holds', GET)],
  'HoldStore': [on('ledger', ...WRITE_PAGES), on('holds', GET, PUT, UPDATE)],
  'Timers': [on('timerQueue', 'sqs:SendMessage')],

  // --- bookings ---
  'BookingReader': [on('ledger', GET)],
  /** Commits an event that moves no places: the booking and its audit event. */
  'BookingJournal': [on('ledger', GET, PUT)],
  /** Commits an event that moves places: pages and the hold's record as well. */
  'BookingStore': [on('ledger', ...WRITE_PAGES), on('holds', UPDATE)],
  'BookingHistory.bookings_of': [on('ledgerByGuest', QUERY), on('ledger', GET_MANY)],
  'BookingHistory.audit_trail': [on('ledger', QUERY)],

  // --- payments and sagas ---
  'PaymentInquiry': [STRIPE],
  'Payments': [STRIPE],
  'WebhookVerifier': [STRIPE],
  'SagaCallbacks.task_token': [on('ledger', GET)],
  'SagaCallbacks.put_task_token': [on('ledger', PUT)],
  'BookingSaga': [on('bookingMachine', 'states:StartExecution')],
  'SettlementSaga': [on('cancellationMachine', 'states:StartExecution')],
  'SagaResumption': [on('bookingCallbacks', 'states:SendTaskSuccess')],

  // --- search ---
  'SearchIndex': [on('search', QUERY)],
  'SearchIndexWriter': [on('search', PUT, DELETE)],

  // --- notifications, partners, operations, events ---
  'Mailer': [on('mailIdentities', 'ses:SendEmail')],
  'PartnerEndpoint': [on('partner', 'secretsmanager:GetSecretValue')],
  /** The ledger as a whole. Its writes are the dropping of a dead hold and the note that a case was parked. */
  'LedgerInspection': [on('ledger', SCAN, GET, PUT, UPDATE)],
  /** Bookings whose time has passed. */
  'EndedBookings': [on('ledgerByEnd', QUERY)],
  /** What has become of a booking's saga. */
  'SagaInspection': [on('bookingExecutions', 'states:DescribeExecution')],
  'PaymentListing': [STRIPE],
  'ManualReview': [on('manualReview', 'sqs:SendMessage')],
  'EventBus': [on('bus', 'events:PutEvents')],
} as const satisfies Readonly<Record<string, readonly Need[]>>;

export type Port = keyof typeof PORTS;

/** The targets that ports reach, each once, with the actions that they need there. */
export function needs(ports: readonly Port[]): ReadonlyMap<TargetName, ReadonlySet<string>> {
  const union = new Map<TargetName, Set<string>>();
  for (const need of ports.flatMap((port): readonly Need[] => PORTS[port])) {
    const actions = union.get(need.target) ?? new Set();
    need.actions.forEach((action) => actions.add(action));
    union.set(need.target, actions);
  }
  return union;
}
