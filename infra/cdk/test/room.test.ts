/** The sagas have room: executions are kept for them, and what anybody may call is bounded, on each route and in all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CAPPED, KEPT, SHARED, reservations } from '../lib/concurrency.ts';
import { contractOfRepository } from '../lib/contract.ts';
import { WEBHOOK_ROUTE } from '../lib/foundations/http-api.ts';
import { FUNCTION_NAMES, resourcesOf, synthesize } from './synthesized.ts';
import type { Template } from './synthesized.ts';

const PUBLIC = contractOfRepository().routes.filter(({ scopes }) => scopes.length === 0);
const OPEN_ROUTES = new Set(PUBLIC.map(({ method, path }) => `${method.toUpperCase()} ${path}`));
/** Functions without a public route may be called by those who hold or book alone. */
const OPEN = new Set(PUBLIC.map(({ functionName }) => functionName));

function reserved(template: Template): Record<string, number> {
  const functions = resourcesOf(template, 'AWS::Lambda::Function').map(([, one]) => one.Properties);
  const those = functions.filter((one) => one['ReservedConcurrentExecutions'] !== undefined);
  return Object.fromEntries(those.map((one) => [String(one['FunctionName']).replace('holdfast-', ''), Number(one['ReservedConcurrentExecutions'])]));
}

test('an account with the usual thousand keeps executions for what holds money, and caps what many may call', () => {
  const { template } = synthesize(false, undefined, { accountConcurrency: '1000' });
  const kept = { 'payment': 250, 'stripe-webhook': 80, 'hold-expiry': 40, 'relay': 40 };
  const capped = { 'search': 100, 'resources': 50, 'hold': 120, 'confirm': 150, 'bookings': 40, 'cancel': 30 };
  assert.deepEqual(reserved(template), { ...kept, ...capped });
  const said = (template.Outputs['ReservedConcurrency'] as { Value: string }).Value;
  assert.equal(said, Object.entries({ ...kept, ...capped }).map((one) => one.join('=')).join(' '));
  // A queue that hands out more than its function may take wears its messages out.
  const bounds = resourcesOf(template, 'AWS::Lambda::EventSourceMapping')
    .map(([, one]) => one.Properties['ScalingConfig'])
    .filter((bound) => bound !== undefined);
  assert.deepEqual(bounds, [{ MaximumConcurrency: 39 }]);
});

test('a hundred stay unreserved, whatever the account allows, or nothing is reserved', () => {
  const smallest = [...Array(3000).keys()].find((executions) => reservations(executions).size > 0);
  assert.equal(smallest, 250);
  for (let executions = 1; executions <= 3000; executions += 1) {
    const parts = [...reservations(executions).values()];
    const sum = parts.reduce((all, part) => all + part, 0);
    assert.ok(parts.length === 0 || executions - sum >= 100, `${executions}: ${sum}`);
    assert.ok(parts.every((part) => part >= 5), `${executions}: ${parts.join(', ')}`);
  }
});

test('a new account, and one of which nothing is known, keep what they had: nothing is reserved', () => {
  for (const context of [{}, { accountConcurrency: '10' }] as Record<string, string>[]) {
    const { template } = synthesize(false, undefined, context);
    assert.deepEqual(reserved(template), {});
    assert.equal((template.Outputs['ReservedConcurrency'] as { Value: string }).Value, 'none');
  }
});

test('of each function it is decided what it gets; each that has a route is kept or capped', () => {
  const decided = [...Object.keys(KEPT), ...Object.keys(CAPPED), ...Object.keys(SHARED)];
  assert.deepEqual(decided.sort(), [...FUNCTION_NAMES], 'say in lib/concurrency.ts what it gets');
  const called = new Set(contractOfRepository().routes.map(({ functionName }) => functionName));
  assert.deepEqual([...called].sort(), [...Object.keys(CAPPED), 'stripe-webhook'].sort());
});

test('none of those that are kept for money has a route that anybody may call', () => {
  // The provider's notifications are signed.
  assert.deepEqual(Object.keys(KEPT).filter((name) => OPEN.has(name)), ['stripe-webhook']);
});

test('what holds money has an alarm of its own when it is throttled', () => {
  const { template, paths } = synthesize(false);
  const alarmed = resourcesOf(template, 'AWS::CloudWatch::Alarm')
    .filter(([, one]) => one.Properties['MetricName'] === 'Throttles')
    .flatMap(([, one]) => ((one.Properties['Dimensions'] ?? []) as { Value: { Ref: string } }[]).map(({ Value }) => paths.get(Value.Ref)));
  assert.deepEqual(alarmed.sort(), ['Events/Relay/Function', 'Holds/HoldExpiry/Function', 'Payments/Payment/Function', 'Payments/StripeWebhook/Function']);
});

test('functions that wait for sagas have as long as the gateway waits for them', () => {
  const functions = resourcesOf(synthesize(false).template, 'AWS::Lambda::Function').map(([, one]) => one.Properties);
  const seconds = ['holdfast-confirm', 'holdfast-cancel'].map((name) => functions.find((one) => one['FunctionName'] === name)?.['Timeout']);
  assert.deepEqual(seconds, [29, 29]);
});

interface RouteSettings {
  readonly ThrottlingRateLimit: number;
  readonly ThrottlingBurstLimit: number;
  readonly DetailedMetricsEnabled: boolean;
}

for (const variant of ['aws', 'local'] as const) {
  test(`${variant}: each route has a limit of its own, a small one if anybody may call it`, () => {
    const { template } = synthesize(variant === 'local');
    const [stage] = resourcesOf(template, 'AWS::ApiGatewayV2::Stage');
    assert.ok(stage !== undefined);
    const routes = resourcesOf(template, 'AWS::ApiGatewayV2::Route');
    const settings = stage[1].Properties['RouteSettings'] as Record<string, RouteSettings>;
    assert.deepEqual(Object.keys(settings).sort(), routes.map(([, one]) => String(one.Properties['RouteKey'])).sort());
    for (const [, { Properties }] of routes) {
      const key = String(Properties['RouteKey']);
      const open = OPEN_ROUTES.has(key.replace(/^HEAD /, 'GET ')) && key !== WEBHOOK_ROUTE;
      const [rate, burst] = open ? [200, 400] : [1000, 2000];
      assert.deepEqual(settings[key], { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst, DetailedMetricsEnabled: true }, key);
    }
    // Without its routes the stage cannot be made.
    const { DependsOn: first } = stage[1] as unknown as { DependsOn: string[] };
    assert.deepEqual(routes.map(([id]) => id).filter((id) => !first.includes(id)), []);
  });
}
