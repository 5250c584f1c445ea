/**
 * A key of one's own for what is stored: tables, logs, queues, the archive of events, secrets.
 *
 * By default AWS manages these keys. With one of one's own whoever administers it decides who reads, sees each use of it in CloudTrail, and
 * can end all access at once; and can lock everybody out, which is why it is asked for (`-c encryptionKey=own`, SECURITY.md).
 *
 * Roles may use the key by the service that they call and by no other way. Who calls what is read from their policies, so that a function
 * that begins to send messages gets the right for it with the permission to send.
 */
import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnTable } from 'aws-cdk-lib/aws-dynamodb';
import { CfnArchive } from 'aws-cdk-lib/aws-events';
import { Effect, Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Alias, Key } from 'aws-cdk-lib/aws-kms';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { IConstruct, IDependable } from 'constructs';

/** What a role does that needs the key, and what it then may do with it, by that service alone. */
interface Use {
  readonly id: string;
  readonly service: 'dynamodb' | 'sqs' | 'secretsmanager';
  readonly action: RegExp;
  readonly rights: readonly string[];
}

const USES = {
  /**
   * What DynamoDB requires "at a minimum" to act for somebody who uses a table ("Key policy for a customer managed key"), and what the CDK's own
   * grants on a table give, with what the guide's `ReEncrypt*` and `GenerateDataKey*` stand for. That a reader has no more than the table's
   * own key decrypted is what the guide's example of CloudTrail shows, not what it promises. `kms:CreateGrant` is in the list
   * for who makes a table or chooses its key: that is CloudFormation, with the rights of who deploys.
   * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html#dynamodb-kms-authz
   */
  tables: {
    id: 'UsingTables',
    service: 'dynamodb',
    action: /^dynamodb:/,
    rights: [
      'kms:Encrypt',
      'kms:Decrypt',
      'kms:ReEncryptFrom',
      'kms:ReEncryptTo',
      'kms:GenerateDataKey',
      'kms:GenerateDataKeyWithoutPlaintext',
      'kms:DescribeKey',
    ],
  },
  /**
   * Whoever sends has a new data key made, and has it decrypted to see that it is whole.
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
   */
  senders: { id: 'SendingMessages', service: 'sqs', action: /^sqs:SendMessage$/, rights: ['kms:Decrypt', 'kms:GenerateDataKey'] },
  receivers: { id: 'ReceivingMessages', service: 'sqs', action: /^sqs:ReceiveMessage$/, rights: ['kms:Decrypt'] },
  /** https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html */
  secrets: { id: 'ReadingSecrets', service: 'secretsmanager', action: /^secretsmanager:GetSecretValue$/, rights: ['kms:Decrypt'] },
} as const satisfies Record<string, Use>;

export class EncryptionKey extends Construct {
  private readonly key: Key;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.key = new Key(this, 'Key', {
      description: 'Encrypts tables, logs, queues, the archive of events and secrets',
      enableKeyRotation: true,
      rotationPeriod: Duration.days(365),
      // As long as there may be: a key that is deleted takes with it all that it has encrypted.
      pendingWindow: Duration.days(30),
      // By all means, also where its creation fails: what was stored meanwhile, and backups of 35 days, are read with it alone.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    // It is not kept: its name is there for the next try.
    new Alias(this, 'Alias', { aliasName: `alias/${Stack.of(this).stackName.toLowerCase()}`, targetKey: this.key, removalPolicy: RemovalPolicy.DESTROY });
  }

  /** Encrypts all that stores something below `scope`, and lets those use the key who work on it. */
  protect(scope: IConstruct): void {
    const all = scope.node.findAll();
    const roles = all.filter((one): one is Role => one instanceof Role);
    // In an update whoever works on something may use the key before it is encrypted with it, or calls would fail in between.
    const [tables, senders, receivers, secrets] = [USES.tables, USES.senders, USES.receivers, USES.secrets].map((use) => this.allow(use, roles));
    const before = (one: CfnTable | CfnQueue | CfnSecret, ...policies: (IDependable | undefined)[]): void =>
      one.node.addDependency(...policies.filter((policy) => policy !== undefined));
    for (const one of all) {
      if (one instanceof CfnTable) {
        one.sseSpecification = { sseEnabled: true, sseType: 'KMS', kmsMasterKeyId: this.key.keyArn };
        before(one, tables);
      } else if (one instanceof CfnQueue) {
        one.sqsManagedSseEnabled = undefined;
        one.kmsMasterKeyId = this.key.keyArn;
        before(one, senders, receivers);
      } else if (one instanceof CfnSecret) {
        one.kmsKeyId = this.key.keyArn;
        before(one, secrets);
      } else if (one instanceof CfnLogGroup) {
        one.kmsKeyId = this.key.keyArn;
      } else if (one instanceof CfnArchive) {
        one.kmsKeyIdentifier = this.key.keyArn;
      }
    }
    this.letLogs(all.filter((one): one is CfnLogGroup => one instanceof CfnLogGroup));
    this.letEventBridge(all.filter((one): one is CfnArchive => one instanceof CfnArchive));
  }

  /** A policy of its own, which waits for nothing that is to be encrypted. */
  private allow({ id, service, action, rights }: Use, roles: readonly Role[]): Policy | undefined {
    const using = roles.filter((role) => actionsOf(role).some((one) => action.test(one)));
    if (using.length === 0) {
      return undefined;
    }
    return new Policy(this, id, {
      roles: using,
      statements: [
        new PolicyStatement({
          effect: Effect.ALLOW,
          actions: [...rights],
          resources: [this.key.keyArn],
          conditions: { StringEquals: { 'kms:ViaService': `${service}.${Stack.of(this).region}.amazonaws.com` } },
        }),
      ],
    });
  }

  /**
   * The service of logs, for groups named as these are, up to the stack's name: also for that of a function that is gone, whose lines are
   * still read.
   * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
   */
  private letLogs(groups: readonly CfnLogGroup[]): void {
    const stack = Stack.of(this);
    const names = groups.map(({ logGroupName, node }) => {
      const [, beginning] = new RegExp(`^(.*/${stack.stackName.toLowerCase()})(?:-|$)`).exec(logGroupName ?? '') ?? [];
      if (beginning === undefined) {
        throw new Error(`${node.path} does not have the stack's name in its own: the key's policy cannot tell it from others`);
      }
      return `${beginning}*`;
    });
    const arns = [...new Set(names)].map((resourceName) =>
      stack.formatArn({ service: 'logs', resource: 'log-group', resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME }),
    );
    this.key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'LogsOfThisStack',
        principals: [new ServicePrincipal(`logs.${stack.region}.amazonaws.com`)],
        actions: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
        resources: ['*'],
        conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': arns } },
      }),
    );
  }

  /** EventBridge, for what it archives and for the messages that its rules send. */
  private letEventBridge(archives: readonly CfnArchive[]): void {
    const stack = Stack.of(this);
    const principals = [new ServicePrincipal('events.amazonaws.com')];
    this.key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'RulesSendMessages',
        principals,
        actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
        resources: ['*'],
        // By account alone, as the CDK's own targets have it: whether the rule's ARN comes this far is documented nowhere.
        conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
      }),
    );
    if (archives.length === 0) {
      return;
    }
    // https://docs.aws.amazon.com/eventbridge/latest/userguide/encryption-archives.html
    this.key.addToResourcePolicy(
      // What the key is, not what is encrypted with it; as documented, without a condition.
      new PolicyStatement({ sid: 'ArchiveLooksAtTheKey', principals, actions: ['kms:DescribeKey'], resources: ['*'] }),
    );
    this.key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'ArchiveOfThisBus',
        principals,
        actions: ['kms:GenerateDataKey', 'kms:Decrypt', 'kms:ReEncrypt*'],
        resources: ['*'],
        conditions: { StringEquals: { 'kms:EncryptionContext:aws:events:event-bus:arn': archives.map(({ sourceArn }) => sourceArn) } },
      }),
    );
  }
}

/** What the policies of a role allow. */
function actionsOf(role: Role): readonly string[] {
  const policies = role.node.findAll().filter((one): one is Policy => one instanceof Policy);
  return policies.flatMap(({ document }) => {
    const { Statement: statements } = (document.toJSON() ?? { Statement: [] }) as { Statement: readonly { Action: string | readonly string[] }[] };
    return statements.flatMap(({ Action: actions }) => actions);
  });
}
