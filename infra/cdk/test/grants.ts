/** What the functions of a template may do, in a form that people compare: `action on resource`, with the keys of its items. */
import { resourcesOf } from './synthesized.ts';
import type { Synthesized } from './synthesized.ts';

/** Grants of each function, by the function's name, sorted. */
export type Grants = Readonly<Record<string, readonly string[]>>;

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

export function grantsOf({ template, paths }: Synthesized): Grants {
  const byRole = new Map<string, string[]>();
  for (const [, policy] of resourcesOf(template, 'AWS::IAM::Policy')) {
    const { PolicyDocument, Roles } = policy.Properties as {
      PolicyDocument: { Statement: readonly Statement[] };
      Roles: readonly { Ref: string }[];
    };
    const lines = PolicyDocument.Statement.flatMap(({ Effect, Action, Resource, Condition }) => {
      const only = limits(Condition);
      const effect = Effect === 'Allow' ? '' : `${Effect} `;
      const places = listed(Resource).map((resource) => text(resource, paths));
      return listed(Action).flatMap((action) => places.map((place) => `${effect}${String(action)} on ${place}${only}`));
    });
    for (const { Ref: role } of Roles) {
      byRole.set(role, [...(byRole.get(role) ?? []), ...lines]);
    }
  }
  const functions = resourcesOf(template, 'AWS::Lambda::Function').map(([, one]): [string, readonly string[]] => {
    const role = (one.Properties['Role'] as { 'Fn::GetAtt': [string, string] })['Fn::GetAtt'][0];
    return [String(one.Properties['FunctionName']), [...new Set(byRole.get(role))].sort()];
  });
  return Object.fromEntries(functions.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** ` of R#*, X#*` if a statement is limited to such partition keys; any other condition as it is written. */
function limits(condition: unknown): string {
  if (condition === undefined) {
    return '';
  }
  const { 'ForAllValues:StringLike': like, ...others } = condition as Record<string, Record<string, unknown>>;
  const { 'dynamodb:LeadingKeys': keys, ...more } = like ?? {};
  const plain = keys !== undefined && Object.keys(others).length === 0 && Object.keys(more).length === 0;
  return plain ? ` of ${listed(keys).join(', ')}` : ` if ${JSON.stringify(condition)}`;
}

function listed(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [value];
}

/** An intrinsic function as text; a resource by its place in the construct tree, without what owns it. */
function text(value: unknown, paths: ReadonlyMap<string, string>): string {
  if (typeof value === 'string') {
    return value;
  }
  const { Ref: ref, 'Fn::GetAtt': attribute, 'Fn::Join': joined } = value as {
    Ref?: string;
    'Fn::GetAtt'?: [string, string];
    'Fn::Join'?: [string, unknown[]];
  };
  if (joined !== undefined) {
    return joined[1].map((part) => text(part, paths)).join(joined[0]);
  }
  const id = ref ?? attribute?.[0] ?? '';
  const place = paths.get(id)?.split('/').slice(1).join('/');
  return place === undefined ? `\${${id}}` : `${place}${attribute?.[1] === 'StreamArn' ? ' stream' : ''}`;
}
