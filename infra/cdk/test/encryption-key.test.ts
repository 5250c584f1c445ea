/** A key of one's own (`-c encryptionKey=own`): what it encrypts, who may use it by which service, and that nobody else may. */
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACCOUNT, REGION, refusal, textOf } from './policies.ts';
import type { PolicyDocument } from './policies.ts';
import { resourcesOf, synthesize } from './synthesized.ts';
import type { Changes, Resource, Synthesized, Template } from './synthesized.ts';

const KEY = 'Encryption/Key';

function own(changes?: Changes): Synthesized {
  return synthesize(false, undefined, { encryptionKey: 'own' }, changes);
}

/** Per type of what stores something, the key that a template names for it. */
const STORES: Readonly<Record<string, (properties: Resource['Properties']) => unknown>> = {
  'AWS::DynamoDB::Table': ({ SSESpecification: sse }) => (sse as { KMSMasterKeyId?: unknown } | undefined)?.KMSMasterKeyId,
  'AWS::Logs::LogGroup': ({ KmsKeyId }) => KmsKeyId,
  'AWS::SQS::Queue': ({ KmsMasterKeyId }) => KmsMasterKeyId,
  'AWS::SecretsManager::Secret': ({ KmsKeyId }) => KmsKeyId,
  // The CDK writes an empty text for AWS's key.
  'AWS::Events::Archive': ({ KmsKeyIdentifier }) => (KmsKeyIdentifier === '' ? undefined : KmsKeyIdentifier),
};

/** Each thing that stores something, by place, with the place of its key. */
function keysOf({ template, paths }: Synthesized): ReadonlyMap<string, string | undefined> {
  const place = (reference: unknown): string | undefined =>
    reference === undefined ? undefined : (paths.get((reference as { 'Fn::GetAtt': [string, string] })['Fn::GetAtt'][0]) ?? JSON.stringify(reference));
  return new Map(
    Object.entries(STORES).flatMap(([type, key]) =>
      resourcesOf(template, type).map(([id, { Properties }]): [string, string | undefined] => [paths.get(id) ?? id, place(key(Properties))]),
    ),
  );
}

function keyPolicy({ template, paths }: Synthesized): PolicyDocument {
  const found = resourcesOf(template, 'AWS::KMS::Key').find(([id]) => paths.get(id) === KEY);
  assert.ok(found !== undefined);
  return found[1].Properties['KeyPolicy'] as PolicyDocument;
}

for (const local of [false, true]) {
  test(`${local ? 'local' : 'aws'}: unless it is asked for there is no key but that of the alarms, and nothing names one`, () => {
    for (const made of [synthesize(local), ...(local ? [] : [synthesize(local, undefined, { encryptionKey: 'aws' })])]) {
      const keys = resourcesOf(made.template, 'AWS::KMS::Key').map(([id]) => made.paths.get(id));
      assert.deepEqual(keys, local ? [] : ['Observability/AlarmKey']);
      assert.deepEqual(resourcesOf(made.template, 'AWS::KMS::Alias'), []);
      assert.deepEqual([...keysOf(made)].filter(([, key]) => key !== undefined), []);
      assert.deepEqual([...usersOf(made.template)], [], 'nobody has a right to a key');
    }
  });
}

test('every table, log group, queue, secret and archive is encrypted with it', () => {
  const made = own();
  const keys = keysOf(made);
  // As many as without: 4 tables, 18 groups, 11 queues, 5 secrets, an archive.
  assert.deepEqual([...keys.keys()].sort(), [...keysOf(synthesize(false)).keys()].sort());
  assert.ok(keys.size >= 39, String(keys.size));
  assert.deepEqual([...keys].filter(([, key]) => key !== KEY), []);
  for (const [id, { Properties }] of resourcesOf(made.template, 'AWS::DynamoDB::Table')) {
    const { SSEEnabled: enabled, SSEType: type } = Properties['SSESpecification'] as Record<string, unknown>;
    assert.deepEqual([enabled, type], [true, 'KMS'], id);
  }
  // A queue has one of the two.
  assert.deepEqual(resourcesOf(made.template, 'AWS::SQS::Queue').filter(([, { Properties }]) => 'SqsManagedSseEnabled' in Properties), []);
  assert.deepEqual(made.findings, []);
});

test('it is kept by all means, rotated each year, and deleted after 30 days at the earliest', () => {
  const { template, paths } = own();
  const [, key] = resourcesOf(template, 'AWS::KMS::Key').find(([id]) => paths.get(id) === KEY) ?? [];
  const { DeletionPolicy, UpdateReplacePolicy, Properties } = key as unknown as Record<string, unknown> & Resource;
  assert.deepEqual([DeletionPolicy, UpdateReplacePolicy], ['Retain', 'Retain']);
  assert.deepEqual([Properties['EnableKeyRotation'], Properties['RotationPeriodInDays'], Properties['PendingWindowInDays']], [true, 365, 30]);
  const [[, alias]] = resourcesOf(template, 'AWS::KMS::Alias') as [[string, Resource & { DeletionPolicy?: string }]];
  assert.equal(alias.Properties['AliasName'], 'alias/holdfast');
  // A name that is kept would be in the way of the next try.
  assert.equal(alias.DeletionPolicy, 'Delete');
});

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

function listed<T>(one: T | readonly T[]): readonly T[] {
  return Array.isArray(one) ? (one as readonly T[]) : [one as T];
}

/** The statements of each role, by its logical id. */
function statementsOf(template: Template): ReadonlyMap<string, readonly Statement[]> {
  const roles = resourcesOf(template, 'AWS::IAM::Role');
  // All that they may is in policies of the template.
  assert.deepEqual(roles.filter(([, { Properties }]) => 'Policies' in Properties || 'ManagedPolicyArns' in Properties), []);
  const byRole = new Map<string, Statement[]>(roles.map(([id]) => [id, []]));
  for (const [, { Properties }] of resourcesOf(template, 'AWS::IAM::Policy')) {
    const { PolicyDocument: document, Roles: roles } = Properties as { PolicyDocument: { Statement: readonly Statement[] }; Roles: readonly { Ref: string }[] };
    for (const { Ref: role } of roles) {
      byRole.get(role)?.push(...document.Statement);
    }
  }
  return byRole;
}

/** What each role may do with keys: `action by service`, by the role's logical id. A right without a condition, or to another key, shows as what it is. */
function usersOf(template: Template): ReadonlyMap<string, readonly string[]> {
  const rights = [...statementsOf(template)].map(([role, statements]): [string, readonly string[]] => {
    const lines = statements.flatMap(({ Effect, Action, Resource: resource, Condition }) => {
      const used = listed(Action).filter((action) => action === '*' || action.startsWith('kms:'));
      if (used.length === 0) {
        return [];
      }
      const via = (Condition as { StringEquals?: Record<string, unknown> } | undefined)?.StringEquals?.['kms:ViaService'];
      const only = Object.keys((Condition ?? {}) as object).length === 1 && via !== undefined ? textOf(via) : JSON.stringify(Condition);
      const key = textOf(resource).startsWith('EncryptionKey') ? '' : ` on ${textOf(resource)}`;
      return used.map((action) => `${Effect === 'Allow' ? '' : Effect}${action} by ${only}${key}`);
    });
    return [role, [...new Set(lines)].sort()];
  });
  return new Map(rights.filter(([, lines]) => lines.length > 0));
}

/** The rights to the key that a role needs for what its other statements let it do. */
function neededBy(statements: readonly Statement[]): readonly string[] {
  const actions = statements.flatMap(({ Action }) => listed(Action));
  const may = (pattern: RegExp): boolean => actions.some((action) => pattern.test(action));
  const by = (service: string, ...rights: string[]): string[] => rights.map((right) => `kms:${right} by ${service}.${REGION}.amazonaws.com`);
  const needed = [
    ...(may(/^dynamodb:/) ? by('dynamodb', 'Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext', 'DescribeKey') : []),
    ...(may(/^sqs:Send/) ? by('sqs', 'Decrypt', 'GenerateDataKey') : []),
    ...(may(/^sqs:Receive/) ? by('sqs', 'Decrypt') : []),
    ...(may(/^secretsmanager:Get/) ? by('secretsmanager', 'Decrypt') : []),
  ];
  return [...new Set(needed)].sort();
}

/** What is wrong with the rights of roles to the key. */
function faults({ template, paths }: Synthesized): readonly string[] {
  const users = usersOf(template);
  return [...statementsOf(template)].flatMap(([role, statements]) => {
    const [has, needs] = [users.get(role) ?? [], neededBy(statements)];
    const name = paths.get(role) ?? role;
    return [
      ...needs.filter((one) => !has.includes(one)).map((one) => `${name} may not ${one}`),
      ...has.filter((one) => !needs.includes(one)).map((one) => `${name} may ${one} and needs it for nothing`),
    ];
  });
}

test('whoever works on a table, a queue or a secret may use the key by that service, and nobody else may at all', () => {
  const made = own();
  assert.deepEqual(faults(made), []);
  const users = usersOf(made.template);
  const all = [...users.values()].flat();
  const count = (right: string): number => all.filter((one) => one === `${right}.${REGION}.amazonaws.com`).length;
  const dynamodb = [...statementsOf(made.template).values()].filter((one) => one.some(({ Action }) => listed(Action).some((action) => action.startsWith('dynamodb:'))));
  for (const right of ['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext', 'DescribeKey']) {
    assert.equal(count(`kms:${right} by dynamodb`), dynamodb.length, right);
  }
  // Whoever makes tables has them encrypted from then on; no role does.
  assert.deepEqual(all.filter((one) => /Grant|\*/.test(one)), []);
  assert.ok(dynamodb.length > 10 && count('kms:GenerateDataKey by sqs') >= 5 && count('kms:Decrypt by secretsmanager') >= 4, all.join('\n'));
});

test('control: a role that begins to send, or that may use the key for nothing, is found', () => {
  const extra = (action: string, resource: string): Synthesized =>
    own({
      adapt: (stack) => {
        const role = new Role(stack, 'Extra', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
        role.addToPolicy(new PolicyStatement({ actions: [action], resources: [resource] }));
      },
    });
  assert.match(faults(extra('sqs:SendMessage', 'arn:aws:sqs:*:*:x')).join(), /Extra may not kms:Decrypt by sqs.*Extra may not kms:GenerateDataKey by sqs/);
  assert.match(faults(extra('kms:Decrypt', 'arn:aws:kms:*:*:key/x')).join(), /Extra may kms:Decrypt by undefined on .* and needs it for nothing/);
});

test('in an update whoever works on something may use the key before it is encrypted with it', () => {
  const { template, paths } = own();
  const waits: readonly [type: string, policies: readonly string[]][] = [
    ['AWS::DynamoDB::Table', ['Encryption/UsingTables']],
    ['AWS::SQS::Queue', ['Encryption/ReceivingMessages', 'Encryption/SendingMessages']],
    ['AWS::SecretsManager::Secret', ['Encryption/ReadingSecrets']],
  ];
  for (const [type, policies] of waits) {
    for (const [id, resource] of resourcesOf(template, type)) {
      const before = listed((resource as Resource & { DependsOn?: string | readonly string[] }).DependsOn ?? []).map((one) => paths.get(String(one)));
      assert.deepEqual(policies.filter((policy) => !before.includes(policy)), [], paths.get(id));
    }
  }
});

test('the service of logs may use it for the groups of this stack, also for those of functions that are gone, and for no others', () => {
  const made = own();
  const policy = keyPolicy(made);
  const asked = (group: string, account = ACCOUNT, region = REGION, service = `logs.${REGION}.amazonaws.com`): string | undefined =>
    ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:GenerateDataKey', 'kms:DescribeKey']
      .map((action) =>
        refusal([policy], { service, action, resource: 'key', context: { 'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:${region}:${account}:log-group:${group}` } }),
      )
      .find((refused) => refused !== undefined);
  const groups = resourcesOf(made.template, 'AWS::Logs::LogGroup').map(([, { Properties }]) => String(Properties['LogGroupName']));
  assert.ok(groups.length > 15);
  for (const group of [...groups, '/aws/lambda/holdfast-gone']) {
    assert.equal(asked(group), undefined, group);
  }
  assert.ok(asked('/aws/lambda/other') !== undefined && asked('/holdfast') !== undefined);
  assert.ok(asked('/aws/lambda/holdfast-search', '999999999999') !== undefined, 'another account');
  assert.ok(asked('/aws/lambda/holdfast-search', ACCOUNT, 'us-east-1') !== undefined, 'another region');
  assert.ok(asked('/aws/lambda/holdfast-search', ACCOUNT, REGION, 'events.amazonaws.com') !== undefined, 'another service');
});

test('EventBridge may use it for messages of rules of this account, and for the archive of this bus alone', () => {
  const made = own();
  const policy = keyPolicy(made);
  const events = (action: string, context: Record<string, string>, service = 'events.amazonaws.com'): boolean =>
    refusal([policy], { service, action, resource: 'key', context }) === undefined;
  for (const action of ['kms:GenerateDataKey', 'kms:Decrypt']) {
    assert.ok(events(action, { 'aws:SourceAccount': ACCOUNT }), action);
    assert.ok(!events(action, { 'aws:SourceAccount': '999999999999' }), 'for another account');
    assert.ok(!events(action, {}), 'without a source');
    for (const service of ['sns.amazonaws.com', 'lambda.amazonaws.com', 'cloudwatch.amazonaws.com']) {
      assert.ok(!events(action, { 'aws:SourceAccount': ACCOUNT }, service), service);
    }
  }
  const [[, archive]] = resourcesOf(made.template, 'AWS::Events::Archive') as [[string, Resource]];
  const bus = 'kms:EncryptionContext:aws:events:event-bus:arn';
  for (const action of ['kms:GenerateDataKey', 'kms:Decrypt', 'kms:ReEncryptFrom']) {
    assert.ok(events(action, { [bus]: textOf(archive.Properties['SourceArn']) }), action);
    assert.ok(!events(action, { [bus]: 'another bus' }), action);
  }
  assert.ok(events('kms:DescribeKey', {}));
});

test('nobody but these services and the account itself is in its policy', () => {
  const principals = keyPolicy(own()).Statement.map(({ Principal }) => {
    const { AWS: account, Service: service } = Principal as { AWS?: unknown; Service?: unknown };
    return textOf(account ?? service);
  });
  assert.deepEqual([...new Set(principals)].sort(), [`arn:aws:iam::${ACCOUNT}:root`, 'events.amazonaws.com', `logs.${REGION}.amazonaws.com`].sort());
});

test('control: something that stores and does not have the key is found', () => {
  const made = own({ adapt: (stack) => void new CfnLogGroup(stack, 'Late', { logGroupName: '/aws/lambda/holdfast-late' }) });
  assert.deepEqual([...keysOf(made)].filter(([, key]) => key !== KEY), [['Late', undefined]]);
});
