/**
 * The secrets, one for each purpose, so that a function reads its own and no other: the key that Stripe is called with, the key of
 * Stripe's webhooks, the key that signs what partners get, and the key that signs quotes. While one of the latter three is rotated, the
 * operator adds the one before as `stripeWebhookSecretPrevious`, `partnerSigningSecretPrevious` or `quoteSigningKeyPrevious`
 * (docs/runbook.md#rotating-a-key).
 */
import { Duration, RemovalPolicy, SecretValue, Validations } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Foundations } from '../foundations.ts';
import type { HoldfastFunction } from '../holdfast-function.ts';
import type { SecretValues } from '../local-differences.ts';

/** In place of a key until the operator has filled it in (docs/runbook.md#first-deployment); no function takes it for one. */
export const UNSET = 'to-be-filled-in';

/** Letters and digits of a key that is generated: more than 256 bits. */
const GENERATED_LENGTH = 64;

export interface ProviderSecretsProps {
  readonly values: SecretValues | undefined;
  readonly removalPolicy: RemovalPolicy;
}

export class ProviderSecrets extends Construct {
  readonly stripeKey: Secret;
  readonly stripeWebhook: Secret;
  readonly partner: Secret;
  readonly quotes: Secret;

  constructor(scope: Construct, id: string, props: ProviderSecretsProps) {
    super(scope, id);
    // The release before kept all three in it; nothing reads the other two. A secret that CloudFormation is to generate otherwise it
    // generates anew, over the key that the operator has put there.
    const ofTheReleaseBefore = ['stripeWebhookSecret', 'partnerSigningSecret'] as const;
    this.stripeKey = this.make('Secret', props, 'stripeApiKey', ofTheReleaseBefore);
    this.stripeWebhook = this.make('WebhookSecret', props, 'stripeWebhookSecret');
    this.partner = this.make('PartnerSecret', props, 'partnerSigningSecret');
    this.quotes = this.make('QuoteSecret', props, 'quoteSigningKey');
  }

  /** A secret with the key of that name; unset, it has the `others` as well. */
  private make(
    id: string,
    { values, removalPolicy }: ProviderSecretsProps,
    name: keyof SecretValues,
    others: readonly (keyof SecretValues)[] = [],
  ): Secret {
    // Nobody else knows the key of quotes, so that any will do: it is generated. The others are given to us.
    const generated = name === 'quoteSigningKey';
    const given = generated ? [] : [name, ...others];
    const unset = Object.fromEntries(given.map((one) => [one, UNSET]));
    const secret = new Secret(this, id, {
      description: `JSON: ${name}`,
      removalPolicy,
      ...(values === undefined
        ? {
            // Generated once at creation; later deployments leave alone what the operator has put there, as long as this is never
            // changed: CloudFormation would generate another version in its place.
            generateSecretString: {
              secretStringTemplate: JSON.stringify(unset),
              generateStringKey: generated ? name : 'unused',
              ...(generated ? { passwordLength: GENERATED_LENGTH, excludePunctuation: true } : {}),
            },
          }
        : { secretObjectValue: { [name]: SecretValue.unsafePlainText(values[name]) } }),
    });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'Keys given out by the provider, agreed with partners, or needed beside their successor for a while (docs/runbook.md)',
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
