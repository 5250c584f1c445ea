/** Routes and routing come from the contract; what the contract and the capabilities do not agree on is named. */
import assert from 'node:assert/strict';
import { Construct } from 'constructs';
import { test } from 'node:test';
import { contractOfRepository, routesOf, routingOf } from '../lib/contract.ts';
import type { Contract, EventVersion, Route } from '../lib/contract.ts';
import { HoldfastFunction } from '../lib/holdfast-function.ts';
import { ConsumerQueue } from '../lib/foundations/event-bus.ts';
import type { HoldfastStack } from '../lib/holdfast-stack.ts';
import { FUNCTION_NAMES, resourcesOf, synthesize } from './synthesized.ts';
import type { Changes } from './synthesized.ts';

const CONTRACT = contractOfRepository();
const WAITLIST: Route = {
  method: 'get',
  path: '/api/waitlist',
  functionName: 'waitlist',
  scopes: ['booking/guest'],
  query: [],
};

const HOLD_EXPIRED: EventVersion = { type: 'hold.expired', dataschema: 'urn:holdfast:event:hold.expired:v2' };

/** What somebody who adds a function writes beside its crate: its lines in a capability. */
class Waitlist extends Construct {
  constructor(stack: HoldfastStack) {
    super(stack, 'Waiting');
    const { foundations } = stack;
    const queue = new ConsumerQueue(this, foundations, {
      name: 'Freed',
      consumer: 'waitlist',
      description: 'Freed places',
    });
    const waitlist = new HoldfastFunction(this, foundations, {
      name: 'waitlist',
      description: 'Offers freed places',
      ports: ['CatalogueReader.resource', 'HoldStore.place'],
    });
    foundations.api.serve(waitlist);
    queue.feed(waitlist);
  }
}

const WITH_WAITLIST: Changes = {
  functions: [...FUNCTION_NAMES, 'waitlist'],
  contract: contract({}, true),
  adapt: (stack) => new Waitlist(stack),
};

test('a new function is wired by its lines in a capability, the route table and the catalogue of events', () => {
  const { template, findings } = synthesize(false, undefined, {}, WITH_WAITLIST);
  const before = synthesize(false).template;
  const added = (type: string): number => resourcesOf(template, type).length - resourcesOf(before, type).length;
  assert.deepEqual(findings, []);
  for (const [type, count] of [
    ['AWS::Lambda::Function', 1],
    ['AWS::Lambda::EventSourceMapping', 1],
    ['AWS::ApiGatewayV2::Route', 2],
    ['AWS::Events::Rule', 1],
    ['AWS::SQS::Queue', 2],
    ['AWS::CloudWatch::Alarm', 4],
  ] as const) {
    assert.equal(added(type), count, type);
  }
  assert.ok('WaitlistFunctionName' in template.Outputs && 'FreedQueueUrl' in template.Outputs);
  const routes = resourcesOf(template, 'AWS::ApiGatewayV2::Route').map(([, one]) => one.Properties);
  for (const method of ['GET', 'HEAD']) {
    const route = routes.find((one) => one['RouteKey'] === `${method} /api/waitlist`);
    assert.equal(route?.['AuthorizationType'], 'NONE', method);
  }
  // The function finds out who calls, and knows whom to believe.
  const waitlist = resourcesOf(template, 'AWS::Lambda::Function').find(([, one]) => one.Properties['FunctionName'] === 'holdfast-waitlist');
  const { Variables: known } = waitlist?.[1].Properties['Environment'] as { Variables: Record<string, unknown> };
  assert.ok('HOLDFAST_TOKEN_ISSUERS' in known);
});

/** The contract of the repository, with a route of the new function or without, and with its consumer or without. */
function contract(route: Partial<Route> | undefined, consumer: boolean): Contract {
  return {
    routes: [...CONTRACT.routes, ...(route === undefined ? [] : [{ ...WAITLIST, ...route }])],
    routing: new Map([...CONTRACT.routing, ...(consumer ? [['waitlist', [HOLD_EXPIRED]] as const] : [])]),
  };
}

const nobody: Changes = { adapt: () => undefined };
const DISAGREEMENTS: readonly [what: string, changes: Changes, message: RegExp][] = [
  ['a route that no capability serves', { ...nobody, contract: contract({}, false) }, /GET \/api\/waitlist: no capability/],
  ['a consumer that no capability makes', { ...nobody, contract: contract(undefined, true) }, /waitlist, which no capability/],
  ['a function without a route', { contract: contract(undefined, true) }, /no route of the function waitlist/],
  ['a consumer that is not in the catalogue', { contract: contract({}, false) }, /names no consumer waitlist/],
  ['a public route without a reason', { contract: contract({ scopes: [] }, true) }, /GET \/api\/waitlist is public/],
  ['a scope that nobody issues', { contract: contract({ scopes: ['x'] }, true) }, /nobody issues the scope x/],
  [
    'a port without its target',
    {
      contract: CONTRACT,
      adapt: (stack) =>
        new HoldfastFunction(new Construct(stack, 'Aside'), stack.foundations, {
          name: 'waitlist',
          description: 'Wakes',
          ports: ['Timers'],
        }),
    },
    /waitlist has a port that reaches timerQueue/,
  ],
];

for (const [what, changes, message] of DISAGREEMENTS) {
  test(`${what} is refused`, () => {
    assert.throws(() => synthesize(false, undefined, {}, { ...WITH_WAITLIST, ...changes }), message);
  });
}

test('every function of the workspace is deployed', () => {
  const deployed = HoldfastFunction.below(synthesize(true).stack).map(({ name }) => name);
  assert.deepEqual(deployed.sort(), FUNCTION_NAMES);
});

test('routes are read from an OpenAPI document', () => {
  const operation = (security: unknown, named: object = { 'x-function': 'hold' }): unknown => ({
    paths: { '/api/holds': { parameters: [], post: { ...named, security } } },
  });
  const read = (document: unknown): unknown => routesOf(document)[0]?.scopes;
  assert.deepEqual(read(operation([])), []);
  assert.deepEqual(read(operation([{ token: ['a'] }, { token: ['b'] }])), ['a', 'b']);
  for (const incomplete of [operation(undefined), operation([], {})]) {
    assert.throws(() => read(incomplete), /POST \/api\/holds: an operation needs x-function and security/);
  }
  assert.throws(() => read(operation([{ token: ['a', 'b'] }])), /must name one scope/);
  assert.throws(() => read(operation([{ token: [] }])), /must name one scope/);
});

test('routing is read from a catalogue of events', () => {
  const versions = (type: string): { version: number; dataschema: string }[] =>
    [1, 2].map((version) => ({ version, dataschema: `${type}:v${version}` }));
  const event = (type: string, ...consumers: { name: string; version: number }[]): unknown => ({
    type,
    versions: versions(type),
    consumers,
  });
  const events = [
    event('hold.placed', { name: 'expiry', version: 1 }),
    event('hold.expired'),
    event('booking.cancelled', { name: 'expiry', version: 2 }, { name: 'notify', version: 1 }),
  ];
  assert.deepEqual([...routingOf({ events })], [
    [
      'expiry',
      [
        { type: 'hold.placed', dataschema: 'hold.placed:v1' },
        { type: 'booking.cancelled', dataschema: 'booking.cancelled:v2' },
      ],
    ],
    ['notify', [{ type: 'booking.cancelled', dataschema: 'booking.cancelled:v1' }]],
  ]);
  assert.throws(
    () => routingOf({ events: [event('hold.placed', { name: 'expiry', version: 3 })] }),
    /expiry selects version 3 of hold.placed, which is not published/,
  );
});
