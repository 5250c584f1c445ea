/** Whether resource policies of a template let a service do something, decided as IAM does: an Allow, and no Deny. */
import assert from 'node:assert/strict';

/** What is asked for, in the context that AWS would give. */
export interface Asked {
  readonly service: string;
  readonly action: string;
  /** The logical id of what is asked for. */
  readonly resource: string;
  readonly context: Readonly<Record<string, string>>;
}

interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal: unknown;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface PolicyDocument {
  readonly Statement: readonly Statement[];
}

/** Names in the account that a test speaks of. */
export const ACCOUNT = '123456789012';
export const REGION = 'eu-central-1';
const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::Region': REGION,
  'AWS::AccountId': ACCOUNT,
};

/** Text of a template's value; a resource of the template is its logical id, an attribute of it follows after a dot. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') {
    return value;
  }
  const { Ref: ref, 'Fn::GetAtt': attribute, 'Fn::Join': joined } = value as { Ref?: string; 'Fn::GetAtt'?: [string, string]; 'Fn::Join'?: [string, unknown[]] };
  if (joined !== undefined) {
    return joined[1].map(textOf).join(joined[0]);
  }
  if (attribute !== undefined) {
    return attribute.join('.');
  }
  assert.ok(ref !== undefined, `neither text nor Ref nor Fn::GetAtt nor Fn::Join: ${JSON.stringify(value)}`);
  return PSEUDO[ref] ?? ref;
}

/** Why `policies` do not let it; `undefined` if they do. */
export function refusal(policies: readonly PolicyDocument[], asked: Asked): string | undefined {
  const applying = policies.flatMap(({ Statement }) => Statement).filter((statement) => applies(statement, asked));
  const denied = applying.find(({ Effect }) => Effect === 'Deny');
  if (denied !== undefined) {
    return `${asked.service} is denied ${asked.action} on ${asked.resource}`;
  }
  return applying.some(({ Effect }) => Effect === 'Allow') ? undefined : `nothing allows ${asked.service} ${asked.action} on ${asked.resource}`;
}

function applies(statement: Statement, { service, action, resource, context }: Asked): boolean {
  const names = (value: unknown, name: string): boolean => listed(value).some((one) => like(textOf(one), name));
  return (
    principals(statement.Principal, service) &&
    names(statement.Action, action) &&
    names(statement.Resource, resource) &&
    Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
      Object.entries(keys).every(([key, expected]) => holds(operator, context[key], listed(expected).map(textOf))),
    )
  );
}

function principals(principal: unknown, service: string): boolean {
  const { AWS: accounts, Service: services } = (principal === '*' ? { AWS: '*' } : principal) as { AWS?: unknown; Service?: unknown };
  return (accounts !== undefined && listed(accounts).includes('*')) || listed(services ?? []).map(textOf).includes(service);
}

function holds(operator: string, actual: string | undefined, expected: readonly string[]): boolean {
  // A key that the request does not have fulfils no condition.
  switch (operator) {
    case 'StringEquals':
    case 'Bool':
      return actual !== undefined && expected.includes(actual);
    case 'ArnLike':
      return actual !== undefined && expected.some((pattern) => like(pattern, actual));
    default:
      throw new Error(`no test knows the condition ${operator}`);
  }
}

function like(pattern: string, text: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.');
  return new RegExp(`^${escaped}$`).test(text);
}

function listed(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [value];
}
