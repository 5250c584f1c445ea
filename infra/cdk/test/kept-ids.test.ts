/**
 * A stack of the release before is updated in place: what has a fixed name, holds data or may exist only once keeps its
 * logical id. `frozen/resources.b9e990c.json` is `singles` of the golden template of that release for AWS (commit b9e990c);
 * nothing rewrites it. A resource leaves it when a release gives the resource up.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { OLD_PLACES } from '../lib/foundations/kept-ids.ts';
import type { HoldfastStack } from '../lib/holdfast-stack.ts';
import { CDK_DIR, synthesize } from './synthesized.ts';
import type { Template } from './synthesized.ts';

/** These may be there twice, under generated names, while a deployment puts a new one in an old one's place. */
const MAY_CHANGE = ['AWS::CloudWatch::Alarm', 'AWS::IAM::Policy', 'AWS::Lambda::Permission'];

/** Properties that distinguish a resource from the others of its type. What they refer to is in them by its logical id. */
const IDENTIFYING = [
  'ApiId', 'Domain', 'EventBusName', 'EventSourceArn', 'FunctionName', 'Identifier', 'IntegrationUri', 'KeySchema', 'LogGroupName',
  'Name', 'Queues', 'Role', 'RoleArn', 'RouteKey', 'SourceArn', 'StageName', 'StateMachineName', 'StatementId', 'Topics', 'UserPoolId',
];

interface Single {
  readonly type: string;
  /** The outputs that say where it is. */
  readonly outputs: readonly string[];
  readonly identity: Readonly<Record<string, unknown>>;
  /** Of a rule: what it delivers to. */
  readonly targets: readonly unknown[];
}

type Singles = Readonly<Record<string, Single>>;

/** The resources that may exist only once, by logical id. */
function singles(template: Template): Singles {
  const outputs = Object.entries(template.Outputs) as [string, { Value: { Ref?: string } }][];
  const kept = Object.entries(template.Resources).filter(([, { Type }]) => !MAY_CHANGE.includes(Type));
  return Object.fromEntries(
    kept.map(([id, { Type, Properties }]): [string, Single] => [
      id,
      {
        type: Type,
        outputs: outputs.filter(([, { Value }]) => Value.Ref === id).map(([name]) => name).sort(),
        identity: Object.fromEntries(IDENTIFYING.filter((name) => name in Properties).map((name) => [name, Properties[name]])),
        targets: ((Properties['Targets'] ?? []) as { Arn: unknown }[]).map(({ Arn }) => Arn),
      },
    ]),
  );
}

const FROZEN = JSON.parse(readFileSync(path.join(CDK_DIR, 'test/frozen/resources.b9e990c.json'), 'utf8')) as Singles;

function frozen(which: (single: Single) => boolean): string[] {
  return Object.entries(FROZEN).filter(([, single]) => which(single)).map(([id]) => id);
}

/** The frozen resources that `template` does not have as they were. Types that a variant does without do not count. */
function moved(template: Template): string[] {
  const now = singles(template);
  const types = new Set(Object.values(now).map(({ type }) => type));
  const expected = Object.entries(FROZEN).filter(([, { type }]) => types.has(type));
  assert.ok(expected.length > 90, String(expected.length));
  return expected.filter(([id, single]) => JSON.stringify(now[id]) !== JSON.stringify(single)).map(([id]) => id);
}

for (const variant of ['aws', 'local'] as const) {
  test(`${variant}: what may exist only once has the logical id of the release before`, () => {
    assert.deepEqual(moved(synthesize(variant === 'local').template), []);
  });

  test(`${variant}: who publishes is changed after the rules that the release before has`, () => {
    const { Resources } = synthesize(variant === 'local').template;
    const rules = frozen(({ type, identity }) => type === 'AWS::Events::Rule' && identity['EventBusName'] !== undefined);
    const publishers = frozen(({ type, identity }) =>
      type === 'AWS::Lambda::Function' && ['holdfast-relay', 'holdfast-reconciliation'].includes(String(identity['FunctionName'])),
    );
    assert.deepEqual([rules.length, publishers.length], [3, 2]);
    for (const publisher of publishers) {
      const { DependsOn: first } = Resources[publisher] as unknown as { DependsOn: string[] };
      assert.deepEqual(rules.filter((rule) => !first.includes(rule)), [], publisher);
    }
  });
}

test('control: a resource under a new id is found', () => {
  const ids = frozen(() => true);
  const adapt = (stack: HoldfastStack): void => ids.forEach((id) => stack.renameLogicalId(id, `${id}Moved`));
  assert.deepEqual(moved(synthesize(false, undefined, undefined, { adapt }).template), ids);
});

test('control: two queues that have changed ids are found', () => {
  const [one, other] = frozen(({ outputs }) => outputs.includes('TimerQueueUrl') || outputs.includes('NotifyQueueUrl'));
  assert.ok(one !== undefined && other !== undefined);
  const text = JSON.stringify(synthesize(false).template);
  const swapped = text.replaceAll(one, 'Between').replaceAll(other, one).replaceAll('Between', other);
  const found = moved(JSON.parse(swapped) as Template);
  assert.ok(found.includes(one) && found.includes(other), found.join(', '));
});

test('every old place is that of a construct in the stack', () => {
  const places = [...synthesize(false).paths.values()];
  const stale = [...OLD_PLACES.keys()].filter((place) => !places.some((one) => `${one}/`.startsWith(`${place}/`)));
  assert.deepEqual(stale, []);
});
