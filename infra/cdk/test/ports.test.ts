/** A function may do what its ports need, and what feeds it needs; the ports know what the adapters call. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HoldfastFunction } from '../lib/holdfast-function.ts';
import { PORTS } from '../lib/ports.ts';
import type { Port, TargetName } from '../lib/ports.ts';
import { grantsOf } from './grants.ts';
import { compositions, sourcesOf, traitsOf } from './sources.ts';
import { resourcesOf, synthesize } from './synthesized.ts';
import type { Synthesized } from './synthesized.ts';

const STATES = 'arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}';
const SES = 'arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}';

/** What a grant on each target names, as `grantsOf` writes it. */
const PLACES: Readonly<Record<TargetName, readonly string[]>> = {
  ledger: ['Ledger'],
  ledgerByGuest: ['Ledger/index/by-guest'],
  ledgerByEnd: ['Ledger/index/by-end'],
  holds: ['Holds'],
  confidential: ['Confidential'],
  search: ['Search'],
  bus: ['Bus'],
  bookingMachine: [`${STATES}:stateMachine:holdfast-booking`],
  bookingCallbacks: [`${STATES}:stateMachine:holdfast-booking`],
  bookingExecutions: [`${STATES}:execution:holdfast-booking:*`],
  cancellationMachine: [`${STATES}:stateMachine:holdfast-cancellation`],
  timerQueue: ['TimerQueue/Queue'],
  /** That of its own stream, which its mapping names. */
  failureQueue: [],
  mailIdentities: [`${SES}:identity/bookings@example.com`, `${SES}:identity/example.com`],
  guestPool: ['Pool/Users'],
  stripe: ['Secret'],
  stripeWebhook: ['WebhookSecret'],
  /** No resource. */
  paymentPace: [],
  partner: ['PartnerSecret'],
  quoteKey: ['QuoteSecret'],
};

const OF_A_QUEUE = ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes', 'ChangeMessageVisibility'];
const OF_A_STREAM = ['DescribeStream', 'GetRecords', 'GetShardIterator'];

/** What each function may do by its ports, its sources, its log and its traces. */
function expected(synthesized: Synthesized): Record<string, string[]> {
  const { stack, template, paths } = synthesized;
  const place = (id: string): string => (paths.get(id) ?? '').split('/').slice(1).join('/');
  return Object.fromEntries(
    HoldfastFunction.below(stack).map((one): [string, string[]] => {
      const lambda = String(stack.resolve((one.lambda.node.defaultChild as { logicalId?: string }).logicalId));
      const lines = new Set<string>();
      // Each action once on each place: on all items if any port needs them all, else on those that any of them names.
      const keys = new Map<string, Set<string>>();
      for (const need of one.ports.flatMap((port): readonly Need[] => PORTS[port])) {
        for (const line of PLACES[need.target].flatMap((where) => need.actions.map((action) => `${action} on ${where}`))) {
          keys.set(line, new Set([...(keys.get(line) ?? []), ...(need.keys ?? [EVERY_ITEM])]));
        }
      }
      keys.forEach((of, line) => lines.add(of.has(EVERY_ITEM) ? line : `${line} of ${[...of].sort().join(', ')}`));
      for (const [, mapping] of resourcesOf(template, 'AWS::Lambda::EventSourceMapping')) {
        const { EventSourceArn, FunctionName, DestinationConfig } = mapping.Properties as unknown as Mapping;
        if (FunctionName.Ref !== lambda) {
          continue;
        }
        const [source, attribute] = EventSourceArn['Fn::GetAtt'];
        if (attribute === 'StreamArn') {
          OF_A_STREAM.forEach((action) => lines.add(`dynamodb:${action} on ${place(source)} stream`));
          lines.add('dynamodb:ListStreams on *');
          const failures = DestinationConfig?.OnFailure.Destination['Fn::GetAtt'][0] ?? '';
          lines.add(`sqs:SendMessage on ${place(failures)}`);
        } else {
          OF_A_QUEUE.forEach((action) => lines.add(`sqs:${action} on ${place(source)}`));
        }
      }
      ['CreateLogStream', 'PutLogEvents'].forEach((action) => lines.add(`logs:${action} on ${one.node.id}/Logs`));
      ['PutTelemetryRecords', 'PutTraceSegments'].forEach((action) => lines.add(`xray:${action} on *`));
      return [`holdfast-${one.name}`, [...lines].sort()];
    }),
  );
}

interface Need {
  readonly target: TargetName;
  readonly actions: readonly string[];
  readonly keys?: readonly string[];
}

const EVERY_ITEM = '';

interface Mapping {
  readonly EventSourceArn: { readonly 'Fn::GetAtt': [string, string] };
  readonly FunctionName: { readonly Ref: string };
  readonly DestinationConfig?: { readonly OnFailure: { readonly Destination: { readonly 'Fn::GetAtt': [string, string] } } };
}

test("a function's policy is the union of its ports and of what feeds it", () => {
  const synthesized = synthesize(false);
  assert.deepEqual(grantsOf(synthesized), expected(synthesized));
});

test('control: a grant given aside is found', () => {
  const synthesized = synthesize(false, undefined, {}, {
    adapt: (stack) => {
      const hold = HoldfastFunction.below(stack).find(({ name }) => name === 'hold');
      assert.ok(hold !== undefined);
      hold.allow(['dynamodb:Scan'], [stack.foundations.tables.ledger.tableArn]);
    },
  });
  assert.notDeepEqual(grantsOf(synthesized), expected(synthesized));
});

test('control: a grant on items that no port needs is found', () => {
  const synthesized = synthesize(false, undefined, {}, {
    adapt: (stack) => {
      const search = HoldfastFunction.below(stack).find(({ name }) => name === 'search');
      assert.ok(search !== undefined);
      search.allow(['dynamodb:GetItem'], [stack.foundations.tables.ledger.tableArn], ['B#*']);
    },
  });
  assert.notDeepEqual(grantsOf(synthesized), expected(synthesized));
});

test('whom anybody may call reads no booking, and who serves bookings writes no resource by itself', () => {
  const grants = grantsOf(synthesize(false));
  const ofLedger = (name: string): readonly string[] =>
    (grants[`holdfast-${name}`] ?? []).filter((line) => / on Ledger( |$)/.test(line) && !line.includes(' on Ledger stream'));
  for (const name of ['search', 'projector']) {
    // Who prices reads the taxes of properties, which everybody may see, and what is counted of promotions, which nobody is shown.
    const prices = ['dynamodb:BatchGetItem on Ledger of PC#*, R#*', 'dynamodb:GetItem on Ledger of PR#*, R#*'];
    assert.deepEqual(ofLedger(name).filter((line) => !line.endsWith(' Ledger of R#*')), name === 'projector' ? [] : prices, name);
  }
  // And what is counted of promotions.
  assert.deepEqual(ofLedger('hold').filter((line) => !/ of (PC#\*|(PC#\*, )?(PR#\*, )?R#\*)$/.test(line)), []);
  // And properties, what operators changed, and every rate card that they put.
  assert.deepEqual(ofLedger('resources').filter((line) => !/ of (PR#\*, )?R#\*(, RE#\*)?(, RV#\*)?$/.test(line)), []);
  assert.deepEqual(Object.keys(grants).filter((name) => grants[name]?.some((line) => /RE#|RV#/.test(line))), ['holdfast-resources']);
  for (const name of ['bookings', 'completion']) {
    assert.deepEqual(ofLedger(name).filter((line) => !line.endsWith(' of B#*')), [], name);
  }
  // Only what reads the ledger as a whole has a grant on every item.
  const whole = Object.keys(grants).filter((name) => ofLedger(name.replace('holdfast-', '')).some((line) => !line.includes(' of ')));
  assert.deepEqual(whole, ['holdfast-reconciliation']);
});

/** What each function may do on the confidential table. */
function onConfidential(synthesized: Synthesized): Readonly<Record<string, readonly string[]>> {
  const grants = Object.entries(grantsOf(synthesized));
  const lines = grants.map(([name, all]) => [name.replace('holdfast-', ''), all.filter((line) => line.includes(' on Confidential'))] as const);
  return Object.fromEntries(lines.filter(([, all]) => all.length > 0));
}

const CONFIDENTIAL = {
  bookings: ['dynamodb:GetItem on Confidential of A#*, C#*'],
  cancel: ['dynamodb:GetItem on Confidential of T#*'],
  confirm: ['dynamodb:GetItem on Confidential of A#*', 'dynamodb:PutItem on Confidential of C#*'],
  notify: ['dynamodb:GetItem on Confidential of C#*'],
  payment: ['dynamodb:PutItem on Confidential of A#*, T#*'],
  reconciliation: ['dynamodb:GetItem on Confidential of T#*'],
  'stripe-webhook': ['dynamodb:GetItem on Confidential of T#*'],
};

test('of tokens, actions and contacts each function reaches what it needs, and all others nothing', () => {
  assert.deepEqual(onConfidential(synthesize(false)), CONFIDENTIAL);
  const others = ['search', 'relay', 'projector', 'hold', 'hold-expiry', 'resources', 'partner'];
  const names = HoldfastFunction.below(synthesize(false).stack).map(({ name }) => name);
  assert.deepEqual(others.filter((name) => !names.includes(name) || name in CONFIDENTIAL), []);
});

test('control: a grant on the confidential table that nobody needs is found', () => {
  const synthesized = synthesize(false, undefined, {}, {
    adapt: (stack) => {
      const hold = HoldfastFunction.below(stack).find(({ name }) => name === 'hold');
      hold?.allow(['dynamodb:GetItem'], [stack.foundations.tables.confidential.tableArn], ['C#*']);
    },
  });
  assert.notDeepEqual(onConfidential(synthesized), CONFIDENTIAL);
});

test('the confidential table has no stream, and an end for its items', () => {
  const { template, paths } = synthesize(false);
  const tables = resourcesOf(template, 'AWS::DynamoDB::Table');
  const found = tables.filter(([id]) => paths.get(id)?.split('/').at(-1) === 'Confidential');
  assert.equal(found.length, 1);
  for (const [, { Properties }] of found) {
    assert.equal(Properties['StreamSpecification'], undefined);
    assert.deepEqual(Properties['TimeToLiveSpecification'], { AttributeName: 'ttl', Enabled: true });
    assert.deepEqual(Properties['PointInTimeRecoverySpecification'], { PointInTimeRecoveryEnabled: true });
    assert.deepEqual(Properties['SSESpecification'], { SSEEnabled: true });
    assert.equal(Properties['DeletionProtectionEnabled'], true);
  }
});

test('who may answer a task token may read it, and the other way round: by itself it is worth nothing', () => {
  const ports = HoldfastFunction.below(synthesize(false).stack).map((one): [string, readonly Port[]] => [one.name, one.ports]);
  const withPort = (...those: readonly Port[]): readonly string[] =>
    ports.filter(([, own]) => those.some((port) => own.includes(port))).map(([name]) => name).sort();
  const readers = withPort('SagaCallbacks.task_token', 'SagaCallbacks.put_task_token');
  assert.deepEqual(readers, withPort('SagaResumption'));
  assert.equal(readers.length, 4);
});

test('every port is used', () => {
  const used = new Set(HoldfastFunction.below(synthesize(false).stack).flatMap(({ ports }): readonly Port[] => ports));
  assert.deepEqual([...used].sort(), Object.keys(PORTS).sort());
});

/** Ports that are neither a trait of the application, nor a method of one, nor that by a move of inventory. */
function unheardOf(ports: readonly string[]): readonly string[] {
  const traits = traitsOf(sourcesOf(/^app$/).values());
  const moves = [...sourcesOf(/^domain$/).values()].find((text) => text.includes('pub enum InventoryMove {')) ?? '';
  return ports.filter((port) => {
    const [name = '', member, ...more] = port.split('.');
    const [method, move, ...others] = member?.split(':') ?? [];
    const trait = traits.get(name);
    const isMethod = method === undefined || trait?.methods.includes(method) === true;
    const isMove = move === undefined || new RegExp(`\\bSelf::${move}\\b`).test(moves);
    return trait === undefined || more.length + others.length > 0 || !isMethod || !isMove;
  });
}

test('a port is a trait of the application, or a method of one', () => {
  assert.deepEqual(unheardOf(Object.keys(PORTS)), []);
});

test('control: a port by another name is found', () => {
  const others = [
    'Sagas.resume',
    'Partners',
    'BookingHistory.ended',
    'BookingStore.commit.twice',
    'BookingStore.commit:Twice',
    'BookingStore.commit:Free:Free',
    'Booking',
  ];
  assert.deepEqual(unheardOf([...others, 'BookingStore', 'BookingStore.commit:Free']), others);
});

/** Calls of the SDK as Rust writes them, and the actions that IAM checks for them. */
const CALLS: readonly [call: RegExp, action: string][] = [
  [/\.get_item\(\)/, 'dynamodb:GetItem'],
  [/\.batch_get_item\(\)/, 'dynamodb:BatchGetItem'],
  [/\.query\(\)/, 'dynamodb:Query'],
  [/\.scan\(\)/, 'dynamodb:Scan'],
  [/\.put_item\(\)|TransactWriteItem::builder\(\)\s*\.put\(/, 'dynamodb:PutItem'],
  [/\.update_item\(\)|TransactWriteItem::builder\(\)\s*\.update\(/, 'dynamodb:UpdateItem'],
  [/\.delete_item\(\)|TransactWriteItem::builder\(\)\s*\.delete\(/, 'dynamodb:DeleteItem'],
  [/TransactWriteItem::builder\(\)\s*\.condition_check\(/, 'dynamodb:ConditionCheckItem'],
  [/\.transact_get_items\(\)/, 'dynamodb:TransactGetItems'],
  [/\.batch_write_item\(\)/, 'dynamodb:BatchWriteItem'],
  [/\.execute_statement\(\)/, 'dynamodb:PartiQLSelect'],
  [/\.start_execution\(\)/, 'states:StartExecution'],
  [/\.describe_execution\(\)/, 'states:DescribeExecution'],
  [/\.send_task_success\(\)/, 'states:SendTaskSuccess'],
  [/\.send_task_failure\(\)/, 'states:SendTaskFailure'],
  [/\.stop_execution\(\)/, 'states:StopExecution'],
  [/\.send_message\(\)/, 'sqs:SendMessage'],
  [/\.send_message_batch\(\)/, 'sqs:SendMessage'],
  [/\.put_events\(\)/, 'events:PutEvents'],
  [/\.send_email\(\)/, 'ses:SendEmail'],
  [/\.admin_get_user\(\)/, 'cognito-idp:AdminGetUser'],
  [/\.get_secret_value\(\)/, 'secretsmanager:GetSecretValue'],
];

test('the actions of the ports are those that the sources of the functions call', () => {
  // What an operator alone runs, with rights of their own: no function composes it.
  const operators = 'adapters-dynamodb/src/operations/restore.rs';
  assert.deepEqual([...compositions()].filter(([, source]) => source.includes('TableRestore')), []);
  const all = sourcesOf(/^(?!testkit$)/);
  assert.match(all.get(operators) ?? '', /struct TableRestore/);
  const sources = [...all].filter(([file]) => file !== operators).map(([, text]) => text);
  const called = CALLS.filter(([call]) => sources.some((text) => call.test(text))).map(([, action]) => action);
  const granted = Object.values(PORTS).flatMap((needs: readonly Need[]) => needs.flatMap(({ actions }) => actions));
  assert.deepEqual([...new Set(called)].sort(), [...new Set(granted)].sort());
});
