/**
 * Every difference between the stack on AWS and the stack on the local emulator, in one place.
 *
 * The `local` context flag is read here and nowhere else; constructs ask a `Variant` what to do and never which
 * variant they are in. `docs/adr/0003-local-stack.md` lists the same differences with their reasons, one row per
 * field of this interface; `test/local-differences.test.ts` holds the two against each other.
 */
import { RemovalPolicy } from 'aws-cdk-lib';
import type { Environment } from 'aws-cdk-lib';
import { Architecture } from 'aws-cdk-lib/aws-lambda';

/** Who issues the tokens that the HTTP API accepts. */
export type TokenIssuer =
  | { readonly kind: 'cognito' }
  | { readonly kind: 'external'; readonly issuerUrl: string; readonly audience: string };

export interface Variant {
  /** Account and region, fixed locally because the emulator knows only one; on AWS the caller's. */
  readonly environment: Environment | undefined;
  /** What the functions are compiled for. */
  readonly architecture: Architecture;
  /** Folder with one sub-folder per function, each holding `bootstrap`; relative to the CDK app. */
  readonly lambdaDir: string;
  /** What becomes of tables, user pool and logs when the stack is deleted. */
  readonly removalPolicy: RemovalPolicy;
  /** Whether tables and user pool refuse to be deleted. */
  readonly deletionProtection: boolean;
  /** Whether functions and state machines send traces to X-Ray. */
  readonly tracing: boolean;
  /** Whether the bus keeps an archive to replay from, and a policy that names who may publish. */
  readonly busArchiveAndPolicy: boolean;
  /** Whether the topic of the alarms is encrypted with a key of its own. */
  readonly alarmTopicKey: boolean;
  /** Who issues the tokens. */
  readonly tokenIssuer: TokenIssuer;
  /** Where the payment provider's API is. */
  readonly stripeApiUrl: string;
  /** The secret's values; `undefined` on AWS, where the operator fills them in after the first deployment. */
  readonly secretValues: SecretValues | undefined;
  /** Where partners' notifications go; `undefined` leaves the rule disabled. */
  readonly partnerWebhookUrl: string | undefined;
  /**
   * Where clients reach the API, `{ApiId}` standing for its id; `undefined` if that is the host of their requests, which
   * the gateway names.
   */
  readonly publicUrl: string | undefined;
  /** Seconds that a payment may come after its hold has died. */
  readonly latePaymentSeconds: number;
}

export interface SecretValues {
  readonly stripeApiKey: string;
  readonly stripeWebhookSecret: string;
  readonly partnerSigningSecret: string;
}

/** Reads one optional text from the context (`-c name=value`). */
export type ContextText = (name: string) => string | undefined;

export function variantFor(local: boolean, context: ContextText): Variant {
  return local ? localVariant(context) : awsVariant(context);
}

function awsVariant(context: ContextText): Variant {
  return {
    environment: undefined,
    architecture: architectureNamed(context('architecture') ?? 'arm64'),
    lambdaDir: context('lambdaDir') ?? '../../target/lambda',
    removalPolicy: RemovalPolicy.RETAIN,
    deletionProtection: true,
    tracing: true,
    busArchiveAndPolicy: true,
    alarmTopicKey: true,
    tokenIssuer: { kind: 'cognito' },
    stripeApiUrl: context('stripeApiUrl') ?? 'https://api.stripe.com',
    secretValues: undefined,
    partnerWebhookUrl: context('partnerWebhookUrl'),
    publicUrl: context('publicUrl'),
    latePaymentSeconds: positiveInteger('latePaymentSeconds', context('latePaymentSeconds') ?? '900'),
  };
}

function localVariant(context: ContextText): Variant {
  return {
    environment: { account: context('account') ?? '000000000000', region: context('region') ?? 'us-east-1' },
    architecture: architectureNamed(context('architecture') ?? process.arch),
    lambdaDir: context('lambdaDir') ?? '../../.local/lambda',
    removalPolicy: RemovalPolicy.DESTROY,
    deletionProtection: false,
    tracing: false,
    busArchiveAndPolicy: false,
    alarmTopicKey: false,
    tokenIssuer: {
      kind: 'external',
      issuerUrl: context('issuerUrl') ?? 'http://localhost:8422',
      audience: context('audience') ?? 'holdfast-local',
    },
    stripeApiUrl: context('stripeApiUrl') ?? 'http://localhost:8421',
    // Known to everybody, worth nothing: the local payment provider moves no money.
    secretValues: {
      stripeApiKey: context('stripeApiKey') ?? 'sk_test_holdfast_local',
      stripeWebhookSecret: context('stripeWebhookSecret') ?? 'whsec_holdfast_local',
      partnerSigningSecret: context('partnerSigningSecret') ?? 'whsec_aG9sZGZhc3QtbG9jYWwtcGFydG5lci1zZWNyZXQ=',
    },
    partnerWebhookUrl: context('partnerWebhookUrl') ?? 'http://localhost:8423/webhooks',
    publicUrl: context('publicUrl') ?? 'http://localhost:4566/_aws/execute-api/{ApiId}/%24default',
    latePaymentSeconds: positiveInteger('latePaymentSeconds', context('latePaymentSeconds') ?? '30'),
  };
}

function architectureNamed(name: string): Architecture {
  switch (name) {
    case 'arm64':
    case 'aarch64':
      return Architecture.ARM_64;
    case 'x64':
    case 'x86_64':
      return Architecture.X86_64;
    default:
      throw new Error(`context architecture: "${name}" is neither arm64 nor x86_64`);
  }
}

export function positiveInteger(name: string, text: string): number {
  if (!/^[1-9][0-9]*$/.test(text)) {
    throw new Error(`context ${name}: "${text}" is not a positive whole number`);
  }
  return Number(text);
}
