/** A function may do what its ports need, and what feeds it needs; the ports know what the adapters call. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HoldfastFunction } from '../lib/holdfast-function.ts';
import { PORTS } from '../lib/ports.ts';
import type { Port, TargetName } from '../lib/ports.ts';
import { grantsOf } from './grants.ts';
import { sourcesOf, traitsOf } from './sources.ts';
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
  search: ['Search'],
  bus: ['Bus'],
  bookingMachine: [`${STATES}:stateMachine:holdfast-booking`],
  bookingCallbacks: [`${STATES}:stateMachine:holdfast-booking`],
  bookingExecutions: [`${STATES}:execution:holdfast-booking:*`],
  cancellationMachine: [`${STATES}:stateMachine:holdfast-cancellation`],
  timerQueue: ['TimerQueue/Queue'],
  manualReview: ['ManualReview'],
  mailIdentities: [`${SES}:identity/bookings@example.com`, `${SES}:identity/example.com`],
  stripe: ['Secret'],
  partner: ['Secret'],
};

const OF_A_QUEUE = ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes', 'ChangeMessageVisibility'];
const OF_A_STREAM = ['DescribeStream', 'GetRecords', 'GetShardIterator'];
const OF_FAILURES = ['SendMessage', 'GetQueueAttributes', 'GetQueueUrl'];

/** What each function may do by its ports, its sources, its log and its traces. */
function expected(synthesized: Synthesized): Record<string, string[]> {
  const { stack, template, paths } = synthesized;
  const place = (id: string): string => (paths.get(id) ?? '').split('/').slice(1).join('/');
  return Object.fromEntries(
    HoldfastFunction.below(stack).map((one): [string, string[]] => {
      const lambda = String(stack.resolve((one.lambda.node.defaultChild as { logicalId?: string }).logicalId));
      const lines = new Set<string>();
      for (const { target, actions } of one.ports.flatMap((port): readonly Need[] => PORTS[port])) {
        PLACES[target].forEach((where) => actions.forEach((action) => lines.add(`${action} on ${where}`)));
      }
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
          OF_FAILURES.forEach((action) => lines.add(`sqs:${action} on ${place(failures)}`));
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
}

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

test('every port is used', () => {
  const used = new Set(HoldfastFunction.below(synthesize(false).stack).flatMap(({ ports }): readonly Port[] => ports));
  assert.deepEqual([...used].sort(), Object.keys(PORTS).sort());
});

/** Ports that are neither a trait of the application nor a method of one. */
function unheardOf(ports: readonly string[]): readonly string[] {
  const traits = traitsOf(sourcesOf(/^app$/).values());
  return ports.filter((port) => {
    const [name = '', method, ...more] = port.split('.');
    const trait = traits.get(name);
    return trait === undefined || more.length > 0 || (method !== undefined && !trait.methods.includes(method));
  });
}

test('a port is a trait of the application, or a method of one', () => {
  assert.deepEqual(unheardOf(Object.keys(PORTS)), []);
});

test('control: a port by another name is found', () => {
  const others = ['Sagas.resume', 'Partners', 'BookingHistory.ended', 'BookingStore.commit.twice', 'Booking', 'BookingStore'];
  assert.deepEqual(unheardOf(others), others.slice(0, -1));
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
  [/\.get_secret_value\(\)/, 'secretsmanager:GetSecretValue'],
];

test('the actions of the ports are those that the sources of the functions call', () => {
  const sources = [...sourcesOf(/^(?!testkit$)/).values()];
  const called = CALLS.filter(([call]) => sources.some((text) => call.test(text))).map(([, action]) => action);
  const granted = Object.values(PORTS).flatMap((needs: readonly Need[]) => needs.flatMap(({ actions }) => actions));
  assert.deepEqual([...new Set(called)].sort(), [...new Set(granted)].sort());
});
