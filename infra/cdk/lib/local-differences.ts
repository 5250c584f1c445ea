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

/** Who issues the tokens that functions believe: the user pools, or others in their places. */
export type TokenIssuers =
  | { readonly kind: 'cognito' }
  | { readonly kind: 'external'; readonly guests: ExternalIssuer; readonly staff: ExternalIssuer; /** Where the emulator's pools have their keys. */ readonly pools: string };

export interface ExternalIssuer {
  /** The `iss` of its tokens; its keys are at `/.well-known/jwks.json` below it. */
  readonly url: string;
  /** Of which one is the `aud` or the `client_id` of its tokens. */
  readonly clients: readonly string[];
}

/** How the distribution that clients reach the API by is made. */
export type EdgeVariant =
  | {
      /** Viewers come by HTTPS alone, and functions answer nobody who has not come by the distribution. */
      readonly kind: 'cloudfront';
      /** A name of one's own, with its certificate and TLS 1.3; without one CloudFront's own name and certificate. */
      readonly domain: Domain | undefined;
    }
  | {
      /** The emulator's: over HTTP, to its own address with the API's id in the path, and the API stays reachable without it. */
      readonly kind: 'emulated';
      readonly originHost: string;
      readonly originPort: number;
      /** `{ApiId}` stands for the API's id. */
      readonly originPath: string;
    };

export type EncryptionKeyKind = 'aws' | 'own';

/** The name under which clients reach the API. */
export interface Domain {
  readonly name: string;
  /** The zone in Route 53 that the name is made in, and that shows to the certificate's issuer that it is ours. */
  readonly hostedZoneId: string | undefined;
  /** A certificate in us-east-1 that exists; needed where no zone is named. */
  readonly certificateArn: string | undefined;
}

export interface Variant {
  /** Account and region, fixed locally because the emulator knows only one; on AWS the caller's. */
  readonly environment: Environment | undefined;
  /** What the functions are compiled for. */
  readonly architecture: Architecture;
  /** Folder with one sub-folder per function, each holding `bootstrap`; relative to the CDK app. */
  readonly lambdaDir: string;
  /**
   * What becomes of logs, keys and secrets when the stack is deleted, and of tables and user pools unless they are protected. On AWS
   * all is kept, but for what a deployment has made that fails: the next one makes it again, under the same name.
   */
  readonly removalPolicy: RemovalPolicy;
  /** Whether tables and user pools refuse to be deleted; then they are kept by all means, also where their creation fails. */
  readonly deletionProtection: boolean;
  /** Whose key encrypts what is stored: AWS's for this account, or one of one's own (`foundations/encryption-key.ts`). */
  readonly encryptionKey: EncryptionKeyKind;
  /** Whether functions and state machines send traces to X-Ray. */
  readonly tracing: boolean;
  /** Whether the bus keeps an archive to replay from, and a policy that names who may publish. */
  readonly busArchiveAndPolicy: boolean;
  /** Whether the topic of the alarms is encrypted with a key of its own. */
  readonly alarmTopicKey: boolean;
  /** Whether a budget watches what the account is charged. */
  readonly spendBudget: boolean;
  /** Whether sagas go on with the version of their function that they began with, whatever is deployed meanwhile. */
  readonly publishedVersions: boolean;
  /** Who issues the tokens. */
  readonly tokenIssuer: TokenIssuers;
  /** Where the payment provider's API is. */
  readonly stripeApiUrl: string;
  /** The keys in the secrets; `undefined` on AWS, where the operator fills them in after the first deployment, or one is generated. */
  readonly secretValues: SecretValues | undefined;
  /** Where partners' notifications go; `undefined` leaves the rule disabled. */
  readonly partnerWebhookUrl: string | undefined;
  /** How clients reach the API. */
  readonly edge: EdgeVariant;
  /** Where clients reach the API, `{ApiId}` standing for its id; `undefined` if that is the distribution. */
  readonly publicUrl: string | undefined;
  /** Seconds that a payment may come after its hold has died. */
  readonly latePaymentSeconds: number;
  /** How many calls that begin to reserve money the provider gets in a second: see `docs/adr/0014-pace-of-payments.md`. */
  readonly paymentCallsPerSecond: number;
}

export interface SecretValues {
  readonly stripeApiKey: string;
  readonly stripeWebhookSecret: string;
  readonly partnerSigningSecret: string;
  readonly quoteSigningKey: string;
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
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    deletionProtection: true,
    encryptionKey: encryptionKeyNamed(context('encryptionKey') ?? 'aws'),
    tracing: true,
    busArchiveAndPolicy: true,
    alarmTopicKey: true,
    spendBudget: true,
    publishedVersions: true,
    tokenIssuer: { kind: 'cognito' },
    stripeApiUrl: encrypted('stripeApiUrl', context('stripeApiUrl') ?? 'https://api.stripe.com'),
    secretValues: undefined,
    partnerWebhookUrl: encrypted('partnerWebhookUrl', context('partnerWebhookUrl')),
    edge: { kind: 'cloudfront', domain: domainFrom(context) },
    publicUrl: context('publicUrl'),
    latePaymentSeconds: positiveInteger('latePaymentSeconds', context('latePaymentSeconds') ?? '900'),
    paymentCallsPerSecond: callsPerSecond(context('paymentCallsPerSecond') ?? '5'),
  };
}

function localVariant(context: ContextText): Variant {
  if (encryptionKeyNamed(context('encryptionKey') ?? 'aws') !== 'aws') {
    throw new Error('context encryptionKey: a key of your own is for AWS; the local stack stores nothing worth one');
  }
  return {
    environment: { account: context('account') ?? '000000000000', region: context('region') ?? 'us-east-1' },
    architecture: architectureNamed(context('architecture') ?? process.arch),
    lambdaDir: context('lambdaDir') ?? '../../.local/lambda',
    removalPolicy: RemovalPolicy.DESTROY,
    deletionProtection: false,
    encryptionKey: 'aws',
    tracing: false,
    busArchiveAndPolicy: false,
    alarmTopicKey: false,
    spendBudget: false,
    publishedVersions: false,
    tokenIssuer: {
      kind: 'external',
      guests: { url: context('issuerUrl') ?? 'http://localhost:8422', clients: ['holdfast-local'] },
      staff: { url: context('staffIssuerUrl') ?? 'http://localhost:8422/staff', clients: ['holdfast-local-staff'] },
      pools: 'http://localhost:4566',
    },
    stripeApiUrl: context('stripeApiUrl') ?? 'http://localhost:8421',
    // Known to everybody, worth nothing: the local payment provider moves no money.
    secretValues: {
      stripeApiKey: context('stripeApiKey') ?? 'sk_test_holdfast_local',
      stripeWebhookSecret: context('stripeWebhookSecret') ?? 'whsec_holdfast_local',
      partnerSigningSecret: context('partnerSigningSecret') ?? 'whsec_aG9sZGZhc3QtbG9jYWwtcGFydG5lci1zZWNyZXQ=',
      quoteSigningKey: context('quoteSigningKey') ?? 'holdfast-local-quotes',
    },
    partnerWebhookUrl: context('partnerWebhookUrl') ?? 'http://localhost:8423/webhooks',
    edge: {
      kind: 'emulated',
      originHost: 'localhost',
      originPort: 4566,
      originPath: '/_aws/execute-api/{ApiId}/$default',
    },
    publicUrl: context('publicUrl') ?? 'http://localhost:4566/_aws/execute-api/{ApiId}/%24default',
    latePaymentSeconds: positiveInteger('latePaymentSeconds', context('latePaymentSeconds') ?? '30'),
    paymentCallsPerSecond: callsPerSecond(context('paymentCallsPerSecond') ?? '1000'),
  };
}

function domainFrom(context: ContextText): Domain | undefined {
  const [name, hostedZoneId, certificateArn] = [context('domainName'), context('hostedZoneId'), context('certificateArn')];
  if (name === undefined) {
    if (hostedZoneId !== undefined || certificateArn !== undefined) {
      throw new Error('context domainName: a hosted zone or a certificate is of use with a name alone');
    }
    return undefined;
  }
  if (!/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/.test(name)) {
    throw new Error(`context domainName: "${name}" is not a name such as booking.example.com`);
  }
  if (hostedZoneId === undefined && certificateArn === undefined) {
    throw new Error('context domainName: say -c hostedZoneId=... too, or -c certificateArn=... of a certificate in us-east-1');
  }
  if (certificateArn !== undefined && !/^arn:[a-z-]+:acm:us-east-1:/.test(certificateArn)) {
    throw new Error(`context certificateArn: "${certificateArn}" is not a certificate in us-east-1`);
  }
  return { name, hostedZoneId, certificateArn };
}

function encryptionKeyNamed(name: string): EncryptionKeyKind {
  if (name !== 'aws' && name !== 'own') {
    throw new Error(`context encryptionKey: "${name}" is neither aws (keys that AWS manages) nor own (one of this stack's)`);
  }
  return name;
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

/** A URL that the functions on AWS take (`shared/egress`): what goes there has keys or guests' money in it. */
function encrypted<T extends string | undefined>(name: string, url: T): T {
  if (url !== undefined && !url.startsWith('https://')) {
    throw new Error(`context ${name}: "${url}" is not https`);
  }
  return url;
}

/** What `Pace` in `shared/app/src/payments/pace.rs` takes. */
function callsPerSecond(text: string): number {
  const calls = positiveInteger('paymentCallsPerSecond', text);
  if (calls > 1000) {
    throw new Error(`context paymentCallsPerSecond: "${text}" is more than 1000`);
  }
  return calls;
}

export function positiveInteger(name: string, text: string): number {
  if (!/^[1-9][0-9]*$/.test(text)) {
    throw new Error(`context ${name}: "${text}" is not a positive whole number`);
  }
  return Number(text);
}
