/**
 * An alarm reaches somebody: what raises it may publish on its topic and use the topic's key. IAM is asked by nobody on the local
 * stack, where alarms never ring; here the template's own policies are.
 */
import { Token } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { CfnTopic, CfnTopicPolicy } from 'aws-cdk-lib/aws-sns';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HoldfastStack } from '../lib/holdfast-stack.ts';
import { ACCOUNT, REGION, refusal, textOf } from './policies.ts';
import type { PolicyDocument } from './policies.ts';
import { resourcesOf, synthesize } from './synthesized.ts';
import type { Template } from './synthesized.ts';

/** A template and where it is deployed. */
interface Deployed {
  readonly stack: Stack;
  readonly template: Template;
}

/** Who publishes on which topic, for what. */
interface Path {
  readonly of: string;
  readonly service: string;
  readonly sourceArn: string;
  readonly topic: string;
}

/** Account and region of a stack: the ones that tests speak of, where a template leaves them open. */
function placeOf({ account, region }: Stack): { account: string; region: string } {
  return { account: Token.isUnresolved(account) ? ACCOUNT : account, region: Token.isUnresolved(region) ? REGION : region };
}

function paths({ stack, template }: Deployed): Path[] {
  const { account, region } = placeOf(stack);
  const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm').flatMap(([of, { Properties }]) => {
    const actions = Properties['AlarmActions'] as unknown[];
    assert.ok(actions.length > 0 && Properties['ActionsEnabled'] !== false, of);
    const sourceArn = `arn:aws:cloudwatch:${region}:${account}:alarm:${of}`;
    return actions.map((topic): Path => ({ of, service: 'cloudwatch.amazonaws.com', sourceArn, topic: textOf(topic) }));
  });
  const budgets = resourcesOf(template, 'AWS::Budgets::Budget').flatMap(([of, { Properties }]) => {
    const notifications = Properties['NotificationsWithSubscribers'] as { Subscribers: { SubscriptionType: string; Address: unknown }[] }[];
    const sourceArn = `arn:aws:budgets::${account}:budget/${of}`;
    return notifications.flatMap(({ Subscribers }) =>
      Subscribers.filter(({ SubscriptionType: type }) => type === 'SNS').map(
        ({ Address }): Path => ({ of, service: 'budgets.amazonaws.com', sourceArn, topic: textOf(Address) }),
      ),
    );
  });
  return [...alarms, ...budgets];
}

/** What keeps alarms from arriving. */
function obstacles(synthesized: Deployed): string[] {
  const { stack, template } = synthesized;
  return paths(synthesized).flatMap(({ of, service, sourceArn, topic }) => {
    const found = template.Resources[topic];
    assert.equal(found?.Type, 'AWS::SNS::Topic', `${of} rings ${topic}`);
    const context = { 'aws:SourceAccount': placeOf(stack).account, 'aws:SourceArn': sourceArn, 'aws:SecureTransport': 'true' };
    const ofTopic = resourcesOf(template, 'AWS::SNS::TopicPolicy')
      .filter(([, { Properties }]) => (Properties['Topics'] as unknown[]).map(textOf).includes(topic))
      .map(([, { Properties }]) => Properties['PolicyDocument'] as PolicyDocument);
    const refused = [refusal(ofTopic, { service, action: 'sns:Publish', resource: topic, context })];
    const key = found.Properties['KmsMasterKeyId'];
    if (key !== undefined) {
      const id = (key as { 'Fn::GetAtt': [string, string] })['Fn::GetAtt'][0];
      const policy = template.Resources[id]?.Properties['KeyPolicy'] as PolicyDocument;
      for (const action of ['kms:Decrypt', 'kms:GenerateDataKey']) {
        refused.push(refusal([policy], { service, action, resource: id, context }));
      }
    }
    return refused.filter((one) => one !== undefined).map((one) => `${of}: ${one}`);
  });
}

for (const variant of ['aws', 'local'] as const) {
  test(`${variant}: every alarm may publish on its topic and use the topic's key`, () => {
    const synthesized = synthesize(variant === 'local');
    assert.deepEqual(obstacles(synthesized), []);
    assert.ok(paths(synthesized).length > 50, String(paths(synthesized).length));
  });
}

test('every alarm of the stack in us-east-1 may publish on the topic there and use its key', () => {
  const { edgeTemplate, edgeStack } = synthesize(false);
  assert.ok(edgeTemplate !== undefined && edgeStack !== undefined);
  const edge = { stack: edgeStack, template: edgeTemplate };
  assert.deepEqual(obstacles(edge), []);
  assert.deepEqual(paths(edge).map(({ sourceArn }) => sourceArn.split(':')[3]), ['us-east-1']);
  const without = structuredClone(edgeTemplate) as { Resources: Record<string, unknown> };
  const [policy] = resourcesOf(edgeTemplate, 'AWS::SNS::TopicPolicy');
  delete without.Resources[policy?.[0] ?? ''];
  assert.match(obstacles({ stack: edgeStack, template: without as Template }).join(), /nothing allows cloudwatch.amazonaws.com sns:Publish/);
});

test('on AWS a budget rings the same topic', () => {
  const rung = paths(synthesize(false)).filter(({ service }) => service === 'budgets.amazonaws.com');
  assert.equal(rung.length, 2);
});

test('a topic allows nobody else: not an alarm of another account', () => {
  const synthesized = synthesize(false);
  const policies = resourcesOf(synthesized.template, 'AWS::SNS::TopicPolicy').map(([, { Properties }]) => Properties['PolicyDocument'] as PolicyDocument);
  const topic = paths(synthesized)[0]?.topic ?? '';
  const asked = { service: 'cloudwatch.amazonaws.com', action: 'sns:Publish', resource: topic };
  const context = { 'aws:SecureTransport': 'true', 'aws:SourceAccount': ACCOUNT, 'aws:SourceArn': `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:a` };
  assert.equal(refusal(policies, { ...asked, context }), undefined);
  assert.match(refusal(policies, { ...asked, context: { ...context, 'aws:SourceAccount': '210987654321' } }) ?? '', /nothing allows/);
  assert.match(refusal(policies, { ...asked, context: { ...context, 'aws:SecureTransport': 'false' } }) ?? '', /is denied/);
});

const CONTROLS: readonly [what: string, adapt: (stack: HoldfastStack) => void, found: RegExp][] = [
  [
    'a topic policy that only denies, which takes the place of the one that topics have by themselves',
    ({ foundations: { alarms } }) => {
      const policy = alarms.topic.node.findChild('Policy').node.defaultChild as CfnTopicPolicy;
      const document = alarms.topic.stack.resolve(policy.policyDocument) as PolicyDocument;
      policy.policyDocument = { ...document, Statement: document.Statement.filter(({ Effect: effect }) => effect === 'Deny') };
    },
    /nothing allows cloudwatch.amazonaws.com sns:Publish/,
  ],
  [
    'a Deny that catches the services too',
    ({ foundations: { alarms } }) =>
      alarms.topic.addToResourcePolicy(
        new PolicyStatement({ effect: Effect.DENY, principals: [new AnyPrincipal()], actions: ['sns:*'], resources: [alarms.topic.topicArn] }),
      ),
    /cloudwatch.amazonaws.com is denied sns:Publish/,
  ],
  [
    'a key that nobody but the account may use',
    (stack) => {
      const key = new Key(stack, 'OtherKey');
      (stack.foundations.alarms.topic.node.defaultChild as CfnTopic).kmsMasterKeyId = key.keyArn;
    },
    /nothing allows cloudwatch.amazonaws.com kms:Decrypt/,
  ],
];

for (const [what, adapt, found] of CONTROLS) {
  test(`control: ${what} is found`, () => {
    assert.match(obstacles(synthesize(false, undefined, {}, { adapt })).join('\n'), found);
  });
}
