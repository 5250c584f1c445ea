/**
 * The secrets, one for each purpose, so that a function reads its own and no other: the key that Stripe is called with, the key of
 * Stripe's webhooks, and the key that signs what partners get. While one of the latter two is rotated, the operator adds the one before
 * as `stripeWebhookSecretPrevious` or `partnerSigningSecretPrevious` (docs/runbook.md#rotating-a-key).
 */
import { Duration, RemovalPolicy, SecretValue, Validations } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Foundations } from '../foundations.ts';
import type { HoldfastFunction } from '../holdfast-function.ts';
import type { SecretValues } from '../local-differences.ts';

/** In place of a key until the operator has filled it in (docs/runbook.md#first-deployment); no function takes it for one. */
export const UNSET = 'to-be-filled-in';

export interface ProviderSecretsProps {
  readonly values: SecretValues | undefined;
  readonly removalPolicy: RemovalPolicy;
}

export class ProviderSecrets extends Construct {
  readonly stripeKey: Secret;
  readonly stripeWebhook: Secret;
  readonly partner: Secret;

  constructor(scope: Construct, id: string, props: ProviderSecretsProps) {
    super(scope, id);
    // The release before kept all three in it; nothing reads the other two. A secret that CloudFormation is to generate otherwise it
    // generates anew, over the key that the operator has put there.
    const ofTheReleaseBefore = ['stripeWebhookSecret', 'partnerSigningSecret'] as const;
    this.stripeKey = this.make('Secret', props, 'stripeApiKey', ofTheReleaseBefore);
    this.stripeWebhook = this.make('WebhookSecret', props, 'stripeWebhookSecret');
    this.partner = this.make('PartnerSecret', props, 'partnerSigningSecret');
  }

  /** A secret with the key of that name; unset, it has the `others` as well. */
  private make(
    id: string,
    { values, removalPolicy }: ProviderSecretsProps,
    name: keyof SecretValues,
    others: readonly (keyof SecretValues)[] = [],
  ): Secret {
    const unset = Object.fromEntries([name, ...others].map((one) => [one, UNSET]));
    const secret = new Secret(this, id, {
      description: `JSON: ${name}`,
      removalPolicy,
      ...(values === undefined
        ? {
            // Generated once at creation; later deployments leave alone what the operator has put there, as long as this is never
            // changed: CloudFormation would generate another version in its place.
            generateSecretString: { secretStringTemplate: JSON.stringify(unset), generateStringKey: 'unused' },
          }
        : { secretObjectValue: { [name]: SecretValue.unsafePlainText(values[name]) } }),
    });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'Keys given out by the provider and agreed with partners: only they can rotate them (docs/runbook.md)',
    });
    return secret;
  }
}

/** Makes the alarm that rings when `reader` goes on with a key because it can read none. */
export function watchSecret(scope: Construct, id: string, { alarms }: Foundations, reader: HoldfastFunction): void {
  alarms.raiseLogged(scope, id, {
    anchor: 'secret-old',
    log: reader.log,
    // The line of `shared/adapters-secrets/src/lib.rs`.
    lines: { message: 'an old secret is used: none can be fetched' },
    threshold: 1,
    within: Duration.minutes(5),
  });
}
