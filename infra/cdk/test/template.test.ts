/** The template of each variant against its golden file, and cdk-nag. `npm run test:update` rewrites the golden files. */
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { contractOfRepository } from '../lib/contract.ts';
import { HoldfastFunction } from '../lib/holdfast-function.ts';
import type { HoldfastStack } from '../lib/holdfast-stack.ts';
import { CDK_DIR, resourcesOf, synthesize } from './synthesized.ts';
import type { Template } from './synthesized.ts';

const GOLDEN_DIR = path.join(CDK_DIR, 'test/golden');
interface GetAtt {
  readonly 'Fn::GetAtt': readonly [id: string, attribute: string];
}

interface BusStatement {
  readonly Effect: string;
  readonly Action: string;
  readonly Principal: unknown;
  readonly Resource: GetAtt;
  readonly Condition: { readonly ArnNotEquals: { readonly 'aws:PrincipalArn': readonly GetAtt[] } };
}

const STREAM_SAMPLES = path.join(CDK_DIR, '../../events/samples/stream');

interface StreamRecord {
  readonly eventName: string;
  readonly dynamodb: { readonly Keys: { readonly sk: { readonly S: string } } };
}
interface StreamSample {
  readonly Records: readonly StreamRecord[];
}
interface RecordPattern {
  readonly eventName: readonly string[];
  readonly dynamodb: { readonly Keys: { readonly sk: { readonly S: readonly (string | { readonly prefix: string })[] } } };
}

/** Whether a filter of an event source lets a record through. */
function matches({ eventName, dynamodb }: StreamRecord, pattern: RecordPattern): boolean {
  const key = dynamodb.Keys.sk.S;
  const keys = pattern.dynamodb.Keys.sk.S;
  const names = keys.some((rule) => (typeof rule === 'string' ? rule === key : key.startsWith(rule.prefix)));
  return names && pattern.eventName.includes(eventName);
}

const UPDATE = process.env['UPDATE_GOLDEN'] === '1';

function golden(name: string, template: Template): void {
  const file = path.join(GOLDEN_DIR, name);
  const text = `${JSON.stringify(template, null, 1)}\n`;
  if (UPDATE) {
    mkdirSync(GOLDEN_DIR, { recursive: true });
    writeFileSync(file, text);
  }
  assert.ok(existsSync(file), `no ${file}: npm run test:update`);
  assert.deepEqual(
    JSON.parse(text),
    JSON.parse(readFileSync(file, 'utf8')),
    'the template has changed: look at the difference, then npm run test:update',
  );
}

for (const variant of ['aws', 'local'] as const) {
  const { stack, template, edgeTemplate, findings, paths } = synthesize(variant === 'local');

  test(`${variant}: the template is the golden one`, () => {
    golden(`holdfast.${variant}.template.json`, template);
  });

  if (edgeTemplate !== undefined) {
    test(`${variant}: the template of us-east-1 is the golden one`, () => {
      golden(`holdfast-edge.${variant}.template.json`, edgeTemplate);
    });
  }

  test(`${variant}: cdk-nag finds nothing`, () => {
    assert.deepEqual(findings, []);
  });

  test(`${variant}: no policy allows all actions of a service`, () => {
    for (const [id, policy] of resourcesOf(template, 'AWS::IAM::Policy')) {
      const { Statement } = policy.Properties['PolicyDocument'] as { Statement: { Action: string | string[] }[] };
      for (const action of Statement.flatMap((statement) => statement.Action)) {
        assert.doesNotMatch(action, /\*/, `${id} allows ${action}`);
      }
    }
  });

  test(`${variant}: two functions read the ledger's stream: others read the bus`, () => {
    const readers = resourcesOf(template, 'AWS::Lambda::EventSourceMapping')
      .map(([, { Properties }]) => Properties as { EventSourceArn: GetAtt; FunctionName: { Ref: string } })
      .filter(({ EventSourceArn: { 'Fn::GetAtt': [id] } }) => paths.get(id) === 'Tables/Ledger')
      .map(({ FunctionName }) => paths.get(FunctionName.Ref));
    assert.deepEqual(readers.sort(), ['Events/Relay/Function', 'Search/Projector/Function']);
  });

  test(`${variant}: every kind of record that a reader of the ledger acts on passes its filters`, () => {
    const samples = readdirSync(STREAM_SAMPLES).filter((name) => name.startsWith('ledger-')).map((name) => name.slice(0, -5));
    const passing = (reader: string): string[] => {
      const mapping = resourcesOf(template, 'AWS::Lambda::EventSourceMapping').find(
        ([, { Properties }]) => paths.get((Properties['FunctionName'] as { Ref: string }).Ref) === reader,
      );
      assert.ok(mapping, reader);
      const { Filters: filters } = mapping[1].Properties['FilterCriteria'] as { Filters: { Pattern: string }[] };
      // https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html: without asking for more, five of each event source.
      assert.ok(filters.length <= 5, `${reader} has ${filters.length} filters`);
      const patterns = filters.map(({ Pattern: pattern }) => JSON.parse(pattern) as RecordPattern);
      return samples.filter((sample) => {
        const { Records: records } = JSON.parse(readFileSync(path.join(STREAM_SAMPLES, `${sample}.json`), 'utf8')) as StreamSample;
        return records.every((record) => patterns.some((pattern) => matches(record, pattern)));
      });
    };
    // The samples are one for each kind of record that is decoded; bookings themselves are told by their audit entries.
    const without = (...others: string[]): string[] => samples.filter((sample) => !others.includes(sample));
    assert.deepEqual(passing('Events/Relay/Function'), without('ledger-property'));
    assert.deepEqual(passing('Search/Projector/Function'), without('ledger-audit', 'ledger-promotion-uses', 'ledger-confirmed'));
    assert.ok(samples.includes('ledger-property'));
  });

  test(`${variant}: of the stream of holds, what the TTL service has deleted passes, and nothing else`, () => {
    const mapping = resourcesOf(template, 'AWS::Lambda::EventSourceMapping').find(
      ([, { Properties }]) => Properties['StartingPosition'] !== undefined && paths.get((Properties['FunctionName'] as { Ref: string }).Ref)?.startsWith('Holds/'),
    );
    assert.ok(mapping);
    const { Filters: filters } = mapping[1].Properties['FilterCriteria'] as { Filters: { Pattern: string }[] };
    const deleted = { Keys: { pk: { S: [{ prefix: 'H#' }] } } };
    const signed = { eventName: ['REMOVE'], dynamodb: deleted, userIdentity: { type: ['Service'], principalId: ['dynamodb.amazonaws.com'] } };
    assert.deepEqual(filters.map(({ Pattern: pattern }) => JSON.parse(pattern) as unknown), [signed]);
    const { Records: records } = JSON.parse(readFileSync(path.join(STREAM_SAMPLES, 'holds-ttl.json'), 'utf8')) as {
      Records: { eventName: string; dynamodb: { Keys: { pk: { S: string } } }; userIdentity: { type: string; principalId: string } }[];
    };
    for (const { eventName, dynamodb, userIdentity } of records) {
      const { type, principalId } = userIdentity;
      assert.deepEqual({ eventName: [eventName], dynamodb: deleted, userIdentity: { type: [type], principalId: [principalId] } }, signed);
      assert.ok(dynamodb.Keys.pk.S.startsWith('H#'));
    }
    assert.ok(records.length > 0);
  });

  test(`${variant}: a rule selects its events in one version each, before anybody publishes another`, () => {
    const rules = resourcesOf(template, 'AWS::Events::Rule').filter(([, rule]) => rule.Properties['EventBusName']);
    assert.equal(rules.length, contractOfRepository().routing.size);
    for (const [id, rule] of rules) {
      const pattern = rule.Properties['EventPattern'] as { 'detail-type': string[]; detail: { dataschema: string[] } };
      const types = pattern.detail.dataschema.map((schema) => schema.split(':').at(-2));
      assert.deepEqual(types, pattern['detail-type'], id);
    }
    const publishers = HoldfastFunction.below(stack).filter(({ ports }) => ports.includes('EventBus'));
    assert.ok(publishers.length > 1);
    for (const { lambda, name } of publishers) {
      const id = [...paths].find(([, place]) => place === lambda.node.path.replace(/^Holdfast\//, ''))?.[0] ?? '';
      const { DependsOn: first } = template.Resources[id] as unknown as { DependsOn: string[] };
      assert.deepEqual(rules.filter(([rule]) => !first.includes(rule)), [], name);
    }
  });

  test(`${variant}: a queue hides a message for six times its function's timeout`, () => {
    const functions = new Map(resourcesOf(template, 'AWS::Lambda::Function'));
    const queues = new Map(resourcesOf(template, 'AWS::SQS::Queue'));
    let mappings = 0;
    for (const [id, mapping] of resourcesOf(template, 'AWS::Lambda::EventSourceMapping')) {
      const source = mapping.Properties['EventSourceArn'] as { 'Fn::GetAtt': [string, string] };
      const queue = queues.get(source['Fn::GetAtt'][0]);
      assert.deepEqual(mapping.Properties['FunctionResponseTypes'], ['ReportBatchItemFailures'], id);
      if (queue === undefined) {
        continue;
      }
      mappings += 1;
      const target = functions.get((mapping.Properties['FunctionName'] as { Ref: string }).Ref);
      assert.ok(target, id);
      const hidden = Number(queue.Properties['VisibilityTimeout']);
      assert.ok(hidden >= 6 * Number(target.Properties['Timeout']), `${id}: ${hidden} s`);
    }
    assert.equal(mappings, 4);
  });
}

test('control: cdk-nag finds what nobody has acknowledged, and a wildcard other than the acknowledged one', () => {
  const adapt = (stack: HoldfastStack): void => {
    const queue = new Queue(stack, 'Unwatched', { enforceSSL: true });
    const [search] = HoldfastFunction.below(stack).filter(({ name }) => name === 'search');
    search?.lambda.addToRolePolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [`${queue.queueArn}*`] }));
  };
  const { findings, stack } = synthesize(false, undefined, undefined, { adapt });
  const arn = `<${stack.getLogicalId(stack.node.findChild('Unwatched').node.defaultChild as CfnQueue)}.Arn>`;
  assert.deepEqual([...findings].sort(), [
    `AwsSolutions-IAM5[Resource::${arn}*]: Holdfast/Search/Search/Role/DefaultPolicy/Resource`,
    'AwsSolutions-SQS3: Holdfast/Unwatched/Resource',
  ]);
});

test('the local stack asks for nothing the emulator refuses', () => {
  const { template } = synthesize(true);
  const refused = [
    'AWS::Events::Archive',
    'AWS::Events::EventBusPolicy',
    'AWS::Events::ApiDestination',
    'AWS::Events::Connection',
    'AWS::StepFunctions::StateMachineVersion',
    'AWS::StepFunctions::StateMachineAlias',
    'AWS::CloudFormation::CustomResource',
  ];
  for (const [id, resource] of Object.entries(template.Resources)) {
    assert.ok(!refused.includes(resource.Type) && !resource.Type.startsWith('Custom::'), `${id} is a ${resource.Type}`);
    if (resource.Type === 'AWS::CloudWatch::Alarm') {
      assert.equal(resource.Properties['Metrics'], undefined, `${id} computes with metrics`);
    }
  }
});

test('on AWS nobody but our publishers may publish on the bus', () => {
  const { template, paths } = synthesize(false);
  const [policy, ...more] = resourcesOf(template, 'AWS::Events::EventBusPolicy').map(([, one]) => one.Properties['Statement'] as BusStatement);
  assert.ok(policy !== undefined && more.length === 0);
  assert.deepEqual([policy.Effect, policy.Action, policy.Principal], ['Deny', 'events:PutEvents', { AWS: '*' }]);
  assert.equal(paths.get(policy.Resource['Fn::GetAtt'][0]), 'Channels/Bus');
  const roles = policy.Condition.ArnNotEquals['aws:PrincipalArn'].map((arn) => paths.get(arn['Fn::GetAtt'][0]));
  const allowed = resourcesOf(template, 'AWS::IAM::Policy')
    .filter(([, one]) => JSON.stringify(one.Properties['PolicyDocument']).includes('"events:PutEvents"'))
    .flatMap(([, one]) => (one.Properties['Roles'] as { Ref: string }[]).map(({ Ref: id }) => paths.get(id)));
  assert.deepEqual(roles.sort(), allowed.sort());
  assert.equal(resourcesOf(template, 'AWS::Events::Archive').length, 1);
});

test('on AWS what holds data outlives the stack', () => {
  const { template, paths } = synthesize(false);
  for (const [id, resource] of Object.entries(template.Resources)) {
    // The edge's keys are made anew with every stack, and hold nothing.
    const kept = ['AWS::DynamoDB::Table', 'AWS::Cognito::UserPool', 'AWS::SecretsManager::Secret'].includes(resource.Type);
    if (kept && !/^Edge\/Key/.test(paths.get(id) ?? '')) {
      assert.match((resource as unknown as { DeletionPolicy: string }).DeletionPolicy, /^Retain/, id);
    }
    if (resource.Type === 'AWS::DynamoDB::Table') {
      assert.equal(resource.Properties['DeletionProtectionEnabled'], true, id);
      assert.deepEqual(resource.Properties['PointInTimeRecoverySpecification'], { PointInTimeRecoveryEnabled: true }, id);
    }
  }
});

test('what alarms count in the logs of payments and mails is what the functions write there', () => {
  const { template } = synthesize(false);
  const patterns = resourcesOf(template, 'AWS::Logs::MetricFilter').map(([, one]) => String(one.Properties['FilterPattern']));
  const [declines = '', tooMany = '', mails = '', ...others] = patterns.filter((pattern) => pattern.includes('$.outcome')).sort().reverse();
  assert.deepEqual(others, []);
  const read = (file: string): string => readFileSync(path.join(CDK_DIR, '../../shared', file), 'utf8');
  for (const [file, line, word, pattern] of [
    ['runtime/src/payments/saga.rs', 'tracing::info!(outcome, "step taken")', '"step taken"', declines],
    ['workflow/src/tasks.rs', 'Outcome::Declined { .. } => "declined"', '"declined"', declines],
    ['runtime/src/notifications/notify.rs', 'tracing::info!(%booking, event = cause, ?outcome, "notice")', '"notice"', mails],
    ['app/src/notifications/notices.rs', '    NoAddress,', '"NoAddress"', mails],
    ['app/src/notifications/notices.rs', '    TooMany,', '"TooMany"', tooMany],
  ] as const) {
    assert.ok(read(file).includes(line), `${file}: ${line}`);
    assert.ok(pattern.includes(word), `${pattern}: ${word}`);
  }
  const [, old] = /"(an old secret is used[^"]*)"/.exec(read('adapters-secrets/src/lib.rs')) ?? [];
  const [, noTurn] = /tracing::warn!\(call, "([^"]*)"\)/.exec(read('app/src/payments/pace.rs')) ?? [];
  for (const message of [old, noTurn]) {
    assert.ok(patterns.some((pattern) => pattern.includes(`$.message = "${message}"`)), patterns.join('\n'));
  }
});

test('what alarms count in the access log is in its lines, of routes that there are', () => {
  const { template } = synthesize(false);
  const [stage] = resourcesOf(template, 'AWS::ApiGatewayV2::Stage');
  const fields = JSON.parse((stage?.[1].Properties['AccessLogSettings'] as { Format: string }).Format) as Record<string, string>;
  const routes = resourcesOf(template, 'AWS::ApiGatewayV2::Route').map(([, one]) => one.Properties['RouteKey']);
  const patterns = resourcesOf(template, 'AWS::Logs::MetricFilter')
    .map(([, one]) => String(one.Properties['FilterPattern']))
    .filter((pattern) => !pattern.includes('$.message'));
  assert.equal(patterns.length, 4);
  for (const [, field, value] of patterns.flatMap((pattern) => [...pattern.matchAll(/\$\.(\w+) = "([^"]+)"/g)])) {
    assert.ok(field !== undefined && field in fields, field);
    assert.ok(field !== 'route' || routes.includes(value), value);
  }
});

test('the event source mappings count what was reported as failed, each with its alarm', () => {
  for (const variant of [true, false]) {
    const { template } = synthesize(variant);
    const alarmed = resourcesOf(template, 'AWS::CloudWatch::Alarm')
      .filter(([, one]) => one.Properties['MetricName'] === 'FailedInvokeEventCount')
      .map(([, one]) => (one.Properties['Dimensions'] as { Value: { Ref: string } }[])[0]?.Value.Ref);
    const mappings = resourcesOf(template, 'AWS::Lambda::EventSourceMapping');
    for (const [id, one] of mappings) {
      assert.deepEqual(one.Properties['MetricsConfig'], { Metrics: ['EventCount'] }, id);
    }
    assert.deepEqual(alarmed.sort(), mappings.map(([id]) => id).sort());
  }
});
