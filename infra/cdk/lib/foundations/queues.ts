/** Queues: encrypted, reached by TLS only, and with an end of the line that people read. */
import { CfnOutput, Duration, Stack, Validations } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { Alarms } from './alarms.ts';

/**
 * How often a queue hands out a message before it is set aside. A message that fails is handed out again after the
 * visibility timeout of 180 s: an outage of an hour passes without filling the dead-letter queues.
 */
const DELIVERIES_MAX = 25;
/** Six times the function's timeout, as an event source mapping asks; the longest of a consumer is 30 s. */
const VISIBILITY_SECONDS = 180;

const COMMON = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: Duration.days(14) };

/** A queue that a function reads; what the function keeps refusing goes to `deadLetters`. */
export function workQueue(scope: Construct, id: string, deadLetters: Queue): Queue {
  return new Queue(scope, id, {
    ...COMMON,
    visibilityTimeout: Duration.seconds(VISIBILITY_SECONDS),
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: DELIVERIES_MAX },
  });
}

/** A queue at the end of the line: people read it, so it has no dead-letter queue of its own. */
export function lastQueue(scope: Construct, id: string): Queue {
  const queue = new Queue(scope, id, COMMON);
  Validations.of(queue).acknowledge({
    id: 'AwsSolutions-SQS3',
    reason: 'This is where messages are set aside for people; an alarm watches its depth',
  });
  return queue;
}

/** A last queue for what was set aside, with its alarm. The output `<name>QueueUrl` says where it is. */
export function setAsideQueue(scope: Construct, id: string, name: string, alarms: Alarms): Queue {
  const queue = lastQueue(scope, id);
  alarms.raiseNotEmpty(scope, `${id}NotEmpty`, queue, 'messages-set-aside');
  sayWhere(queue, name);
  return queue;
}

export function sayWhere(queue: Queue, name: string): void {
  new CfnOutput(Stack.of(queue), `${name}QueueUrl`, { value: queue.queueUrl });
}
