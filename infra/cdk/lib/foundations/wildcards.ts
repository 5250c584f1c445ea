/** Policies that name resources by a wildcard: each is acknowledged where it is made, or cdk-nag refuses the stack. */
import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Acknowledges that policies of `scope` and below name `resource`, which has a `*`. */
export function acknowledgeWildcard(scope: IConstruct, resource: string, reason: string): void {
  const finding = `Resource::${flat(Stack.of(scope).resolve(resource))}`;
  Validations.of(scope).acknowledge({ id: `AwsSolutions-IAM5[${finding}]`, reason });
}

/** An ARN as cdk-nag writes it in a finding: `arn:<AWS::Partition>:...`. */
function flat(part: unknown): string {
  if (typeof part === 'string') {
    return part;
  }
  const { 'Fn::Join': join, 'Fn::GetAtt': attribute, Ref } = part as {
    'Fn::Join'?: [delimiter: string, parts: unknown[]];
    'Fn::GetAtt'?: [id: string, attribute: string];
    Ref?: string;
  };
  return join === undefined ? `<${attribute?.join('.') ?? Ref}>` : join[1].map(flat).join(join[0]);
}
