/**
 * The logical ids that resources keep from the release in which constructs were sorted by kind, not by capability.
 *
 * A logical id comes from a construct's place in the tree. CloudFormation takes a new id for a new resource, which it makes
 * before it deletes the old one: a function, a log group or a state machine of the same name "already exists", and the
 * deployment fails; a stream or queue is read by two mappings; deleting the old policy of a queue or bus takes the new
 * one away; what lies in a queue is lost; and executions of a state machine lose the role that they go on with. So a
 * construct that has moved goes on under the id of its old place.
 *
 * An entry goes when its construct goes. A new construct needs none.
 */
import { CfnResource, Names, Stack } from 'aws-cdk-lib';
import type { CfnElement } from 'aws-cdk-lib';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct, RootConstruct } from 'constructs';

/** Where a construct is in the stack, and where it was, with all that is below it. */
export const OLD_PLACES: ReadonlyMap<string, string> = new Map([
  // The integration of a function lies below its first route.
  ['Api/Http/GET--api--properties--{propertyId}/Resources', 'Api/Http/GET--api--resources--{resourceId}/Resources'],
  ['Bookings/Bookings', 'Functions/Bookings'],
  ['Bookings/Cancel', 'Functions/Cancel'],
  ['Bookings/Confirm', 'Functions/Confirm'],
  ['Catalogue/Resources', 'Functions/Resources'],
  ['Channels/BusPolicy', 'Flow/BusPolicy'],
  ['Events/Relay', 'Functions/Relay'],
  ['Events/RelayFailures', 'Channels/RelayFailures'],
  ['Holds/Hold', 'Functions/Hold'],
  ['Holds/HoldExpiry', 'Functions/HoldExpiry'],
  ['Holds/HoldExpiryFailures', 'Channels/HoldExpiryFailures'],
  ['Holds/TimerQueue/DeadLetters', 'Channels/TimerDeadLetters'],
  ['Holds/TimerQueue/Queue', 'Channels/Timer'],
  ['Holds/TimerQueue/Rule', 'Flow/TimerRule'],
  ['Notifications/Notify', 'Functions/Notify'],
  ['Notifications/NotifyQueue/DeadLetters', 'Channels/NotifyDeadLetters'],
  ['Notifications/NotifyQueue/Queue', 'Channels/Notify'],
  ['Notifications/NotifyQueue/Rule', 'Flow/NotifyRule'],
  ['Operations/Completion', 'Functions/Completion'],
  ['Operations/Completion/Schedule', 'Schedules/Completion'],
  ['Operations/ManualReview', 'Channels/ManualReview'],
  ['Operations/Reconciliation', 'Functions/Reconciliation'],
  ['Operations/Reconciliation/Schedule', 'Schedules/Reconciliation'],
  ['Partners/Partner', 'Functions/Partner'],
  ['Partners/PartnerQueue/DeadLetters', 'Channels/PartnerDeadLetters'],
  ['Partners/PartnerQueue/Queue', 'Channels/Partner'],
  ['Partners/PartnerQueue/Rule', 'Flow/PartnerRule'],
  ['Payments/Payment', 'Functions/Payment'],
  ['Payments/Sagas', 'Saga'],
  ['Payments/StripeWebhook', 'Functions/StripeWebhook'],
  ['Search/Projector', 'Functions/Projector'],
  ['Search/ProjectorFailures', 'Channels/ProjectorFailures'],
  ['Search/Search', 'Functions/Search'],
]);

/** The id that `element` keeps. None: it has the id of its own place. */
export function keptId(element: CfnElement): string | undefined {
  // An alarm has no fixed name and holds nothing: a new one takes its place.
  if (!CfnResource.isCfnResource(element) || element instanceof CfnAlarm) {
    return undefined;
  }
  const steps = element.node.path.slice(Stack.of(element).node.path.length + 1).split('/');
  for (let length = steps.length; length > 0; length -= 1) {
    const oldPlace = OLD_PLACES.get(steps.slice(0, length).join('/'));
    if (oldPlace !== undefined) {
      return idAt([...oldPlace.split('/'), ...steps.slice(length)]);
    }
  }
  return undefined;
}

/** The logical id of a resource at that place of a stack. */
function idAt(steps: readonly string[]): string {
  return Names.uniqueId(steps.reduce((scope: Construct, step) => new Construct(scope, step), new RootConstruct()));
}
