/** A deployment may fail and be tried again, and sagas go on with the code that they began with. */
import type { CfnElement } from 'aws-cdk-lib';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HoldfastFunction } from '../lib/holdfast-function.ts';
import { writesFacts } from '../lib/ports.ts';
import { resourcesOf, synthesize } from './synthesized.ts';
import type { Resource, Template } from './synthesized.ts';

const PAYMENT = 'Payments/Payment/Function';

/** What CloudFormation keeps also where it was made by a deployment that fails, and why that does no harm. */
const KEPT_BY_ALL_MEANS = {
  'AWS::DynamoDB::Table': 'refuses to be deleted, which would stop the rollback; its name is made up anew',
  'AWS::Cognito::UserPool': 'refuses to be deleted, which would stop the rollback; its name is made up anew',
  'AWS::Lambda::Version': 'sagas may have begun with it before the rollback; it goes with its function',
} as const;

/** Properties by which a resource of these types would have a fixed name. */
const NAMES = ['TableName', 'UserPoolName'];

/** All that CloudFormation changes before a resource, near or far. */
function before(template: Template, id: string): Set<string> {
  const found = new Set<string>();
  const open = [id];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { DependsOn: first = [], ...one } = template.Resources[next] as unknown as { readonly DependsOn?: string | readonly string[] };
    const named = [...JSON.stringify(one).matchAll(/"(?:Ref":|Fn::GetAtt":\[)"([^"]+)"/g)].map((match) => match[1] ?? '');
    for (const other of [first, named].flat()) {
      if (other in template.Resources && !found.has(other)) {
        found.add(other);
        open.push(other);
      }
    }
  }
  return found;
}

interface Kept {
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

function kept(template: Template): [string, Resource & Kept][] {
  const all = Object.entries(template.Resources) as [string, Resource & Kept][];
  return all.filter(([, { DeletionPolicy: policy }]) => policy?.startsWith('Retain'));
}

test('what is kept when the stack goes is not in the way of the next try, should a first deployment fail', () => {
  const { template } = synthesize(false);
  assert.ok(kept(template).length > 20, String(kept(template).length));
  for (const [id, { Type: type, DeletionPolicy: deletion, UpdateReplacePolicy: replaced, Properties }] of kept(template)) {
    assert.equal(deletion, type in KEPT_BY_ALL_MEANS ? 'Retain' : 'RetainExceptOnCreate', `${id}: ${type}`);
    assert.equal(replaced, 'Retain', id);
    assert.ok(deletion !== 'Retain' || NAMES.every((name) => !(name in Properties)), id);
  }
  const protectedOnes = kept(template).filter(([, { Properties }]) => Properties['DeletionProtectionEnabled'] ?? Properties['DeletionProtection']);
  assert.deepEqual(new Set(protectedOnes.map(([, { Type }]) => Type)), new Set(['AWS::DynamoDB::Table', 'AWS::Cognito::UserPool']));
});

test('every log group with a fixed name is one of those', () => {
  for (const [id, group] of resourcesOf(synthesize(false).template, 'AWS::Logs::LogGroup')) {
    assert.equal((group as Resource & Kept).DeletionPolicy, 'RetainExceptOnCreate', id);
  }
});

/** The version that each machine calls. */
function versions(template: Template): unknown[] {
  const machines = resourcesOf(template, 'AWS::StepFunctions::StateMachine');
  assert.equal(machines.length, 2);
  return machines.map(([, one]) => (one.Properties['DefinitionSubstitutions'] as Record<string, unknown>)['PaymentFunctionArn']);
}

test('on AWS a saga calls a published version of its function, one that no later deployment deletes', () => {
  const { template, paths } = synthesize(false);
  for (const called of versions(template)) {
    const version = template.Resources[(called as { Ref: string }).Ref] as Resource & Kept;
    assert.equal(version.Type, 'AWS::Lambda::Version');
    assert.equal(version.DeletionPolicy, 'Retain');
    assert.equal(paths.get((version.Properties['FunctionName'] as { Ref: string }).Ref), PAYMENT);
  }
});

test('a deployment that changes the function makes another version beside the one that runs', () => {
  const [before] = versions(synthesize(false).template);
  const [same] = versions(synthesize(false, undefined, { monthlySpendUsd: '300' }).template);
  const [after] = versions(synthesize(false, undefined, { logFilter: 'debug' }).template);
  assert.deepEqual(same, before);
  assert.notDeepEqual(after, before);
});

test('sagas may call every version: the one that they began with, and none, as those of the release before do', () => {
  const { template, paths } = synthesize(false);
  const payment = [...paths].find(([, place]) => place === PAYMENT)?.[0];
  const arn = { 'Fn::GetAtt': [payment, 'Arn'] };
  const policies = resourcesOf(template, 'AWS::IAM::Policy').flatMap(([, one]) => (one.Properties['PolicyDocument'] as { Statement: { Action: unknown; Resource: unknown }[] }).Statement);
  const invoking = policies.filter(({ Action: action }) => action === 'lambda:InvokeFunction');
  assert.equal(invoking.length, 2);
  for (const { Resource: resource } of invoking) {
    assert.deepEqual(resource, [arn, { 'Fn::Join': ['', [arn, ':*']] }]);
  }
});

test('locally a saga calls what `make watch` puts in its place', () => {
  const { template, paths } = synthesize(true);
  assert.deepEqual(resourcesOf(template, 'AWS::Lambda::Version'), []);
  for (const called of versions(template)) {
    assert.equal(paths.get((called as { 'Fn::GetAtt': [string, string] })['Fn::GetAtt'][0]), PAYMENT);
  }
});

test('a stream repeats by time, not by number, and halves a batch that fails', () => {
  for (const variant of [true, false]) {
    const mappings = resourcesOf(synthesize(variant).template, 'AWS::Lambda::EventSourceMapping').map(([, one]) => one.Properties);
    const streams = mappings.filter((one) => one['StartingPosition'] !== undefined);
    assert.equal(streams.length, 3);
    for (const one of streams) {
      assert.deepEqual([one['MaximumRetryAttempts'], one['MaximumRecordAgeInSeconds'], one['BisectBatchOnFunctionError']], [-1, 43200, true]);
      assert.ok(one['DestinationConfig'] !== undefined);
    }
  }
});

for (const local of [false, true]) {
  test(`${local ? 'local' : 'aws'}: whoever writes facts is changed after the relay, which drops kinds that it does not know`, () => {
    const { stack, template, paths } = synthesize(local);
    const ids = new Map([...paths].map(([id, place]) => [place, id]));
    const functions = HoldfastFunction.below(stack);
    const relay = ids.get('Events/Relay/Function') ?? '';
    const writers = functions.filter(({ ports }) => writesFacts(ports));
    assert.deepEqual(
      writers.map(({ name }) => name).sort(),
      ['cancel', 'completion', 'confirm', 'hold', 'hold-expiry', 'payment', 'reconciliation', 'resources', 'stripe-webhook'],
    );
    for (const { lambda, name } of writers) {
      const id = String(stack.resolve((lambda.node.defaultChild as CfnElement).logicalId));
      assert.ok(before(template, id).has(relay), name);
    }
    // And what consumers understand is changed before the relay publishes it.
    const rules = resourcesOf(template, 'AWS::Events::Rule').map(([id]) => id).filter((id) => before(template, relay).has(id));
    assert.deepEqual(rules.map((id) => paths.get(id)).sort(), ['Bookings/ReceiptsQueue/Rule', 'Holds/TimerQueue/Rule', 'Notifications/NotifyQueue/Rule', 'Operations/ReviewRequested', 'Partners/PartnerQueue/Rule']);
  });
}

test('what a function sets aside of a stream comes to the queue to which the stream sets aside', () => {
  const { template } = synthesize(false);
  const functions = new Map(resourcesOf(template, 'AWS::Lambda::Function'));
  const streams = resourcesOf(template, 'AWS::Lambda::EventSourceMapping').filter(([, { Properties }]) => Properties['StartingPosition'] !== undefined);
  assert.equal(streams.length, 3);
  for (const [id, { Properties }] of streams) {
    const { OnFailure } = Properties['DestinationConfig'] as { OnFailure: { Destination: { 'Fn::GetAtt': [string, string] } } };
    const reader = functions.get((Properties['FunctionName'] as { Ref: string }).Ref);
    const { Variables } = reader?.Properties['Environment'] as { Variables: Record<string, unknown> };
    assert.deepEqual(Variables['HOLDFAST_FAILURE_QUEUE_URL'], { Ref: OnFailure.Destination['Fn::GetAtt'][0] }, id);
  }
});
