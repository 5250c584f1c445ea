/** The one secret: keys of the payment provider, and the key that signs what partners get. */
import { RemovalPolicy, SecretValue, Validations } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { SecretValues } from '../local-differences.ts';

/** Stands in the secret until the operator has filled it in (docs/runbook.md#first-deployment). */
export const UNSET = 'to-be-filled-in';

export interface ProviderSecretProps {
  readonly values: SecretValues | undefined;
  readonly removalPolicy: RemovalPolicy;
}

export class ProviderSecret extends Construct {
  readonly secret: Secret;

  constructor(scope: Construct, id: string, props: ProviderSecretProps) {
    super(scope, id);
    const description = 'JSON: stripeApiKey, stripeWebhookSecret, partnerSigningSecret';
    if (props.values === undefined) {
      const unset = { stripeApiKey: UNSET, stripeWebhookSecret: UNSET, partnerSigningSecret: UNSET };
      this.secret = new Secret(this, 'Secret', {
        description,
        removalPolicy: props.removalPolicy,
        // Generated once at creation; later deployments leave alone what the operator has put there.
        generateSecretString: { secretStringTemplate: JSON.stringify(unset), generateStringKey: 'unused' },
      });
    } else {
      const { stripeApiKey, stripeWebhookSecret, partnerSigningSecret } = props.values;
      this.secret = new Secret(this, 'Secret', {
        description,
        removalPolicy: props.removalPolicy,
        secretObjectValue: {
          stripeApiKey: SecretValue.unsafePlainText(stripeApiKey),
          stripeWebhookSecret: SecretValue.unsafePlainText(stripeWebhookSecret),
          partnerSigningSecret: SecretValue.unsafePlainText(partnerSigningSecret),
        },
      });
    }
    Validations.of(this.secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'Keys given out by the provider and agreed with partners: only they can rotate them (docs/runbook.md)',
    });
  }
}
