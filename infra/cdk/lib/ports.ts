/**
 * What each port of the application needs of AWS.
 *
 * A port is a trait of `shared/app`; one adapter implements it, and the actions below are those that the adapter calls.
 * A port that several functions use in different ways is divided by its methods (`CatalogueReader.facts`), and a method by the
 * moves of inventory that it is given (`BookingStore.commit:Confirm`). What a trait builds on is a port by itself: a function with `BookingStore` lists `BookingReader` too. A function lists the ports that
 * its `main.rs` composes (`test/composition.test.ts`); its policy and its environment are their union, and nothing else
 * (`test/ports.test.ts`, `test/environment.test.ts`).
 *
 * DynamoDB checks the parts of a transaction as the single actions (PutItem, UpdateItem, DeleteItem, ConditionCheckItem), each
 * with the partition key of its own item.
 *
 * The ledger, the table of hold records and the confidential table have items of several kinds, told apart by how their partition key begins. An
 * action on them is granted for the kinds that the adapter names, by `dynamodb:LeadingKeys`; so search, which anybody may call, cannot read a
 * booking, and who mails guests no token.
 * (A request without such a key would pass `ForAllValues`: a scan, which is granted for the whole table or not at all.)
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */

/** What a port reaches: tables, their indexes, queues, machines and the like. */
export type TargetName =
  | 'ledger'
  | 'ledgerByGuest'
  | 'ledgerByEnd'
  | 'holds'
  | 'confidential'
  | 'search'
  | 'bus'
  | 'bookingMachine'
  | 'bookingCallbacks'
  | 'bookingExecutions'
  | 'cancellationMachine'
  | 'timerQueue'
  | 'failureQueue'
  | 'mailIdentities'
  | 'guestPool'
  | 'stripe'
  | 'stripeWebhook'
  | 'paymentPace'
  | 'partner'
  | 'quoteKey';

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
  /** Patterns of the partition keys of the items that they are for; every item, if it is left out. */
  readonly keys?: readonly string[];
}

/** Actions on a target with the same keys. */
export interface Grant {
  readonly actions: readonly string[];
  /** As of a need. */
  readonly keys?: readonly string[];
}

function on(target: TargetName, ...actions: readonly string[]): Need {
  return { target, actions };
}

/** On items of the ledger, those whose partition key is like `keys`. */
function onItems(keys: string, ...actions: readonly string[]): Need {
  return { target: 'ledger', actions, keys: [keys] };
}

/** On items of the table of hold records, likewise. */
function onRecords(keys: string, ...actions: readonly string[]): Need {
  return { target: 'holds', actions, keys: [keys] };
}

/** On items of the confidential table, likewise. */
function onConfidential(keys: string, ...actions: readonly string[]): Need {
  return { target: 'confidential', actions, keys: [keys] };
}

/** Resources, what is set for dates, and pages. */
const RESOURCES = 'R#*';
/** Properties. */
const PROPERTIES = 'PR#*';
/** Trails of what operators changed of resources and properties. */
const TRAILS = 'RE#*';
/** Every version of a rate card that was ever put. */
const CARD_VERSIONS = 'RV#*';
/** What is counted of promotions whose uses are limited. */
const PROMOTION_USES = 'PC#*';
/** Bookings, their audit entries, their receipts, and notes about them: mails that were sent. */
const BOOKINGS = 'B#*';
/** How far each series of receipts has come. */
const SERIES = 'N#*';
/** Callbacks of sagas. */
const TASK_TOKENS = 'T#*';
/** What customers have to do at their banks. */
const ACTIONS = 'A#*';
/** How guests are reached. */
const CONTACTS = 'C#*';
/** Cases that were put before a person, and what an operator notes of a refund. */
const CASES = 'X#*';
/** The reconciliation's cycle. */
const CYCLE = 'Y#reconciliation';
/** What holds were placed for, in the table of hold records. */
const RECORDS = 'H#*';
/** What is kept of guests there: attempts to pay, and mails of a day. */
const GUESTS = 'G#*';
/** Of these, the codes of promotions that they, or addresses, have tried within an hour. */
const TRIED_CODES = 'G#P#*';
/** When the next payment may begin, in the same table. */
const TURNS = 'Q#payments';

const GET = 'dynamodb:GetItem';
const GET_MANY = 'dynamodb:BatchGetItem';
const QUERY = 'dynamodb:Query';
const SCAN = 'dynamodb:Scan';
const PUT = 'dynamodb:PutItem';
const UPDATE = 'dynamodb:UpdateItem';
const DELETE = 'dynamodb:DeleteItem';
const CHECK = 'dynamodb:ConditionCheckItem';
/** A page is written, alone or with others; where it is made or brought under other terms, with a check of these. */
const WRITE_PAGES = onItems(RESOURCES, GET, GET_MANY, PUT, UPDATE, CHECK);
/** A hold that is placed already is changed on its pages, alone or with others: none is made. */
const CHANGE_PAGES = onItems(RESOURCES, GET, GET_MANY, PUT, UPDATE);
/** A use of a promotion is given back with the write that ends its hold or its booking. */
const RETURN_USE = onItems(PROMOTION_USES, GET, UPDATE, DELETE);
const READ_SECRET = 'secretsmanager:GetSecretValue';
const STRIPE = on('stripe', READ_SECRET);

export const PORTS = {
  // --- catalogue: resources and their pages ---
  'CatalogueReader.resource': [onItems(RESOURCES, GET)],
  'CatalogueReader.stored_pages': [onItems(RESOURCES, QUERY)],
  'CatalogueReader.stored_among': [onItems(RESOURCES, GET_MANY)],
  'CatalogueReader.facts': [onItems(RESOURCES, QUERY)],
  'CatalogueReader.facts_of': [onItems(RESOURCES, GET_MANY)],
  /** Replaces a resource, sets what applies to dates, each with its entry in the trail, and brings pages under both. */
  'Catalogue': [WRITE_PAGES, onItems(TRAILS, PUT)],
  /** Who changed what, for operators. */
  'ResourceHistory': [onItems(TRAILS, QUERY)],
  /** Stops new holds, or takes them again, with the entry in the trail; what is for all resources lies beside the trails. */
  'HoldStopSwitch': [onItems(RESOURCES, GET, UPDATE), onItems(TRAILS, GET, PUT, UPDATE)],

  // --- properties ---
  'PropertyReader': [onItems(PROPERTIES, GET)],
  /** Creates or replaces one, with its entry in the trail. */
  'PropertyStore': [onItems(PROPERTIES, PUT), onItems(TRAILS, PUT)],

  // --- rates: cards and what is set for dates, beside their resources ---
  'RateReader.rates': [onItems(RESOURCES, GET_MANY)],
  'RateReader.all_rates': [onItems(RESOURCES, QUERY)],
  /** Writes them, each with the entry in the trail, whose head the resource keeps; a version that is put is copied. */
  'RateStore': [onItems(RESOURCES, PUT, UPDATE), onItems(TRAILS, PUT), onItems(CARD_VERSIONS, PUT)],
  /** The versions that were ever put, for operators. */
  'RateHistory': [onItems(CARD_VERSIONS, QUERY)],
  /** How often promotions are used whose uses are limited, for whoever prices with a code. */
  'PromotionUses': [onItems(PROMOTION_USES, GET_MANY)],
  /** Counts who tries which codes of promotions, for whoever prices with a code. */
  'CodeTries': [onRecords(TRIED_CODES, GET, UPDATE)],
  /** Signs quotes, and tells those that were signed. */
  'QuoteSeals': [on('quoteKey', READ_SECRET)],

  // --- holds ---
  /** A hold's record and its entry on the page. */
  'HoldReader': [onItems(RESOURCES, GET), onRecords(RECORDS, GET)],
  'HoldStore.place': [WRITE_PAGES, onRecords(RECORDS, GET, PUT), onItems(PROMOTION_USES, PUT, UPDATE)],
  'HoldStore.extend': [CHANGE_PAGES, onRecords(RECORDS, GET, UPDATE)],
  'HoldStore.release': [CHANGE_PAGES, onRecords(RECORDS, GET, UPDATE), RETURN_USE],
  'HoldStore.expire': [CHANGE_PAGES, RETURN_USE],
  /** Whether an operator has stopped new holds. */
  'HoldStops': [onItems(RESOURCES, GET)],
  'Timers': [on('timerQueue', 'sqs:SendMessage')],

  // --- bookings ---
  'BookingReader': [onItems(BOOKINGS, GET)],
  'BookingContacts': [onConfidential(CONTACTS, GET)],
  /** Commits an event that moves no places: the booking and its audit event. */
  'BookingJournal': [onItems(BOOKINGS, GET, PUT)],
  /** Commits an event that moves places, on pages that there are. */
  'BookingStore': [CHANGE_PAGES, onItems(BOOKINGS, GET, PUT)],
  /** By the move of a request: it counts a guest's attempt to pay, and may say how they are reached. */
  'BookingStore.commit:Claim': [onRecords(GUESTS, UPDATE), onConfidential(CONTACTS, PUT)],
  /** By the move of an event that asks something of the customer. */
  'BookingStore.commit:Prolong': [onConfidential(ACTIONS, PUT)],
  /** By a move (`InventoryMove`) that ends the hold, which its record says. */
  'BookingStore.commit:Abandon': [onRecords(RECORDS, UPDATE), RETURN_USE],
  /** By a move that frees the places of a booking. */
  'BookingStore.commit:Free': [RETURN_USE],
  /** By a move that may take places again, those of a late payment: their pages may have to be made. The booking has the use of a promotion then. */
  'BookingStore.commit:Confirm': [WRITE_PAGES, onRecords(RECORDS, UPDATE), onItems(PROMOTION_USES, GET, PUT, UPDATE)],
  'BookingHistory.bookings_of': [on('ledgerByGuest', QUERY), onItems(BOOKINGS, GET_MANY)],
  'BookingHistory.audit_trail': [onItems(BOOKINGS, QUERY)],

  // --- receipts: beside their bookings ---
  'ReceiptReader': [onItems(BOOKINGS, QUERY)],
  /** Issues one with the next number of its series. */
  'ReceiptStore': [onItems(BOOKINGS, PUT), onItems(SERIES, GET, PUT)],

  // --- payments and sagas ---
  /** A guest's attempts to pay; they are written by `BookingStore`, with the booking that is attempted. */
  'AttemptReader': [onRecords(GUESTS, GET)],
  /** What an operator notes of a refund; what it counts for is told by the trail. */
  'RefundNotes': [onItems(CASES, GET)],
  'PaymentInquiry': [STRIPE],
  'Payments': [STRIPE],
  /** Turns of calls that begin a payment, at a pace that the deployment says. */
  'PaymentTurns': [onRecords(TURNS, PUT, UPDATE), on('paymentPace')],
  /** It looks at the key that Stripe is called with, too: webhooks of another mode are odd. */
  'WebhookVerifier': [on('stripeWebhook', READ_SECRET), STRIPE],
  /** Where there is none, or no action below, it looks where the release before wrote them: beside the booking. */
  'SagaCallbacks.task_token': [onConfidential(TASK_TOKENS, GET), onItems(BOOKINGS, GET)],
  'SagaCallbacks.put_task_token': [onConfidential(TASK_TOKENS, PUT)],
  'CustomerActions': [onConfidential(ACTIONS, GET), onItems(BOOKINGS, GET)],
  'BookingSaga': [on('bookingMachine', 'states:StartExecution')],
  'SettlementSaga': [on('cancellationMachine', 'states:StartExecution')],
  'SagaResumption': [on('bookingCallbacks', 'states:SendTaskSuccess')],

  // --- search ---
  'SearchIndex': [on('search', QUERY, GET_MANY)],
  /** The pages of one resource, for its calendar. */
  'ListedPages': [on('search', GET_MANY)],
  'SearchIndexWriter': [on('search', PUT, DELETE)],

  // --- notifications, partners, operations, events ---
  'SentMails': [onItems(BOOKINGS, GET, PUT)],
  /** Mails of a guest's day, to addresses that the guest named. */
  'MailCounts': [onRecords(GUESTS, UPDATE)],
  'Mailer': [on('mailIdentities', 'ses:SendEmail')],
  'GuestDirectory': [on('guestPool', 'cognito-idp:AdminGetUser')],
  'PartnerEndpoint': [on('partner', READ_SECRET)],
  /** The ledger as a whole. Its writes are the dropping of a dead hold and the note that a case was parked. */
  'LedgerInspection': [on('ledger', SCAN), onItems(RESOURCES, GET, PUT, UPDATE), onItems(CASES, GET, PUT)],
  /** How far the reconciliation has come. */
  'CycleStore': [onItems(CYCLE, GET, PUT)],
  /** Bookings whose time has passed. */
  'EndedBookings': [on('ledgerByEnd', QUERY)],
  /** What has become of a booking's saga. */
  'SagaInspection': [on('bookingExecutions', 'states:DescribeExecution')],
  'PaymentListing': [STRIPE],
  /** Records of a stream that its function can never work, to the queue of what the stream itself sets aside. */
  'PoisonRecords': [on('failureQueue', 'sqs:SendMessage')],
  'EventBus': [on('bus', 'events:PutEvents')],
} as const satisfies Readonly<Record<string, readonly Need[]>>;

export type Port = keyof typeof PORTS;

/** Ports by which a function keeps notes of its own in the ledger: the relay publishes none of them. */
const NOTES: ReadonlySet<Port> = new Set<Port>(['SentMails', 'CycleStore', 'ReceiptStore']);

/** Whether a function with these ports writes what the relay publishes. */
export function writesFacts(ports: readonly Port[]): boolean {
  const ledger = needs(ports.filter((port) => !NOTES.has(port))).get('ledger') ?? [];
  return ledger.some(({ actions }) => actions.includes(PUT));
}

/** The targets that ports reach, each with what they need there: an action once, on the keys that any of them names. */
export function needs(ports: readonly Port[]): ReadonlyMap<TargetName, readonly Grant[]> {
  const keysOf = new Map<TargetName, Map<string, readonly string[] | undefined>>();
  for (const { target, actions, keys } of ports.flatMap((port): readonly Need[] => PORTS[port])) {
    const known = keysOf.get(target) ?? new Map<string, readonly string[] | undefined>();
    for (const action of actions) {
      const before = known.has(action) ? known.get(action) : [];
      known.set(action, keys && before && [...new Set([...before, ...keys])].sort());
    }
    keysOf.set(target, known);
  }
  return new Map([...keysOf].map(([target, actions]) => [target, grouped(actions)]));
}

/** One grant for all actions with the same keys. */
function grouped(keysOf: ReadonlyMap<string, readonly string[] | undefined>): readonly Grant[] {
  const grants = new Map<string, { readonly actions: string[]; readonly keys?: readonly string[] }>();
  for (const [action, keys] of keysOf) {
    const name = keys?.join() ?? '';
    const grant = grants.get(name) ?? { actions: [], ...(keys === undefined ? {} : { keys }) };
    grant.actions.push(action);
    grants.set(name, grant);
  }
  return [...grants.values()];
}
