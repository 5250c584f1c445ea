/**
 * What each port of the application needs of AWS.
 *
 * A port is a trait of `shared/app`; one adapter implements it, and the actions below are those that the adapter calls.
 * A port that several functions use in different ways is divided into accesses (`Catalogue.resource`). A function lists
 * its ports; its policy and its environment are their union, and nothing else (`test/ports.test.ts`).
 *
 * DynamoDB checks the parts of a transaction as the single actions (PutItem, UpdateItem, DeleteItem).
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
  /** Why an ARN ends in `*`, if one does. */
  readonly wildcard?: { readonly reason: string; readonly appliesTo: readonly { readonly regex: string }[] };
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

export const PORTS = {
  // --- catalogue: resources and their pages ---
  'Catalogue.resource': [on('ledger', GET)],
  /** Pages by name. */
  'Catalogue.pages': [on('ledger', GET_MANY)],
  /** Every stored page of a resource. */
  'Catalogue.storedPages': [on('ledger', QUERY)],
  /** Replaces a resource with its pages, and sets inventory. A page is made and counted when it is first needed. */
  'Catalogue.write': [on('ledger', GET, QUERY, PUT, UPDATE, DELETE)],

  // --- holds ---
  /** A hold's record and its entry on the page. */
  'HoldStore.read': [on('ledger', GET), on('holds', GET)],
  /** Places, extends, releases, expires. */
  'HoldStore.write': [on('ledger', GET, PUT, UPDATE), on('holds', GET, PUT, UPDATE)],
  'Timers.wake': [on('timerQueue', 'sqs:SendMessage')],

  // --- bookings ---
  'BookingStore.read': [on('ledger', GET)],
  /** Commits an event that moves no places: the booking and its audit event. */
  'BookingStore.record': [on('ledger', GET, PUT)],
  /** Commits an event that moves places: pages and the hold's record as well. */
  'BookingStore.commit': [on('ledger', GET, PUT, UPDATE), on('holds', UPDATE)],
  /** A guest's bookings. */
  'BookingHistory.guest': [on('ledgerByGuest', QUERY), on('ledger', GET_MANY)],
  /** Bookings whose time has passed. */
  'BookingHistory.ended': [on('ledgerByEnd', QUERY)],
  'BookingHistory.trail': [on('ledger', QUERY)],

  // --- payments and sagas ---
  'Payments': [on('stripe', 'secretsmanager:GetSecretValue')],
  'SagaCallbacks.read': [on('ledger', GET)],
  'SagaCallbacks.write': [on('ledger', PUT)],
  'Sagas.startBooking': [on('bookingMachine', 'states:StartExecution')],
  'Sagas.startSettlement': [on('cancellationMachine', 'states:StartExecution')],
  'Sagas.resume': [on('bookingCallbacks', 'states:SendTaskSuccess')],
  /** What has become of a booking's saga. */
  'Sagas.inspect': [on('bookingExecutions', 'states:DescribeExecution')],

  // --- search ---
  'SearchIndex.read': [on('search', QUERY)],
  'SearchIndex.write': [on('search', PUT, DELETE)],

  // --- notifications, partners, operations, events ---
  'Mailer': [on('mailIdentities', 'ses:SendEmail')],
  'Partners': [on('partner', 'secretsmanager:GetSecretValue')],
  /** The ledger as a whole. Its writes are the dropping of a dead hold and the note that a case was parked. */
  'Inspection': [on('ledger', SCAN, GET, PUT, UPDATE)],
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
