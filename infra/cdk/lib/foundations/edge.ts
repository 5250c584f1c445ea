/**
 * The edge: a CloudFront distribution before the HTTP API.
 *
 * Public reads are cached as long as their own headers say, under a key of their path and of the parameters that the OpenAPI document
 * names. Everything else is passed on as it came, and nothing of it is kept. Every answer has the security headers. The origin gets a
 * key in a header, which the functions demand: nobody goes around the edge. `docs/adr/0013-edge.md` has the reasons.
 */
import { CfnParameter, Duration, Fn, Stack, Validations } from 'aws-cdk-lib';
import type { RemovalPolicy } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  CacheCookieBehavior,
  CacheHeaderBehavior,
  CachePolicy,
  CacheQueryStringBehavior,
  CachedMethods,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  HttpVersion,
  OriginProtocolPolicy,
  OriginRequestCookieBehavior,
  OriginRequestHeaderBehavior,
  OriginRequestPolicy,
  OriginRequestQueryStringBehavior,
  OriginSslPolicy,
  ResponseHeadersPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import type { BehaviorOptions } from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { CfnRecordSet } from 'aws-cdk-lib/aws-route53';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { fileURLToPath } from 'node:url';
import type { Route } from '../contract.ts';
import type { Domain, EdgeVariant } from '../local-differences.ts';
import { pascalCase } from '../names.ts';
import type { Settings } from '../settings.ts';
import { CORS_HEADERS, CORS_METHODS, CORS_SECONDS } from './http-api.ts';
import type { BookingApi, Entrance } from './http-api.ts';
import { WebAcl } from './web-acl.ts';

/** The header that the edge puts its key into; `shared/runtime/src/edge.rs` reads it. */
export const EDGE_KEY_HEADER = 'X-Holdfast-Edge-Key';

/** What a public read gets of a request beside its parameters; none of it is part of what an answer is kept under. */
const PUBLIC_READ_HEADERS = ['Access-Control-Request-Headers', 'Access-Control-Request-Method', 'Origin', 'traceparent', 'User-Agent'] as const;

/** Statuses whose answers CloudFront would keep for ten seconds by itself, also of what is never cached. */
const KEPT_ERRORS = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504] as const;

/** CloudFront's zone in Route 53, for records that lead to distributions. */
const CLOUDFRONT_ZONE = 'Z2FDTNDATAQYW2';

/** Longer than the gateway waits for a function: its answer comes first. */
const ORIGIN_READ_SECONDS = 35;
/** An answer's own `Cache-Control` decides; more than this it cannot ask for. */
const CACHED_SECONDS_MAX = 60;
export const LOG_DAYS = 90;

export interface EdgeProps {
  readonly api: BookingApi;
  readonly routes: readonly Route[];
  readonly variant: EdgeVariant;
  readonly settings: Settings;
  readonly removalPolicy: RemovalPolicy;
}

export class Edge extends Construct {
  readonly entrance: Entrance;
  readonly url: string;
  private readonly distribution: Distribution;

  constructor(scope: Construct, id: string, props: EdgeProps) {
    super(scope, id);
    const { api, routes, variant, settings, removalPolicy } = props;
    // The key in use, and the next one: what the functions know already when the edge begins to send it.
    const [key, next] = [settings.edgeKey, settings.edgeKey + 1].map((number) => this.key(number));
    const origin = originOf(variant, api, { [EDGE_KEY_HEADER]: key ?? '' });
    const everywhere = {
      origin,
      allowedMethods: AllowedMethods.ALLOW_ALL,
      cachedMethods: CachedMethods.CACHE_GET_HEAD,
      responseHeadersPolicy: this.answerHeaders(settings.corsOrigins),
      viewerProtocolPolicy: variant.kind === 'cloudfront' ? ViewerProtocolPolicy.HTTPS_ONLY : ViewerProtocolPolicy.ALLOW_ALL,
    };
    const domain = variant.kind === 'cloudfront' ? variant.domain : undefined;
    this.distribution = new Distribution(this, 'Distribution', {
      comment: `${Stack.of(this).stackName}: before the HTTP API`,
      defaultBehavior: {
        ...everywhere,
        cachePolicy: CachePolicy.CACHING_DISABLED,
        originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        compress: false,
      },
      additionalBehaviors: this.publicReads(routes, everywhere),
      errorResponses: KEPT_ERRORS.map((httpStatus) => ({ httpStatus, ttl: Duration.seconds(0) })),
      httpVersion: HttpVersion.HTTP2_AND_3,
      enableLogging: true,
      logBucket: this.logBucket(removalPolicy),
      logIncludesCookies: false,
      webAclId: this.webAcl(variant, settings),
      ...(domain === undefined ? {} : this.named(domain)),
    });
    Validations.of(this.distribution).acknowledge(
      { id: 'AwsSolutions-CFR1', reason: 'Guests book from anywhere' },
      ...(domain === undefined
        ? [{ id: 'AwsSolutions-CFR4', reason: 'CloudFront lets nobody choose the TLS of its own name; -c domainName=... asks for TLS 1.3' }]
        : []),
      ...(variant.kind === 'emulated' ? [{ id: 'AwsSolutions-CFR5', reason: 'The emulator speaks plain HTTP to itself' }] : []),
    );
    if (domain?.hostedZoneId !== undefined) {
      this.records(domain.name, domain.hostedZoneId);
    }
    this.url = `https://${domain?.name ?? this.distribution.distributionDomainName}`;
    this.entrance = {
      url: this.url,
      keys: variant.kind === 'cloudfront' ? Fn.join(',', [key ?? '', next ?? '']) : undefined,
      // A key that a function demands no longer is sent no longer.
      before: this.distribution,
    };
  }

  get domainName(): string {
    return this.distribution.distributionDomainName;
  }

  /**
   * A key by its number. It is in the settings of the distribution and of the functions, as anybody who may read these may see:
   * it shows where a request came through, not who sent it.
   */
  private key(number: number): string {
    const secret = new Secret(this, `Key${number}`, {
      description: `Shows to the functions that a request came by the edge; number ${number}`,
      generateSecretString: { passwordLength: 48, excludePunctuation: true },
    });
    Validations.of(secret).acknowledge({ id: 'AwsSolutions-SMG4', reason: 'Rotated by a deployment with the next number (docs/runbook.md)' });
    return secret.secretValue.unsafeUnwrap();
  }

  private webAcl(variant: EdgeVariant, settings: Settings): string {
    switch (variant.kind) {
      case 'cloudfront':
        return this.given('WebAclArn', '^arn:[a-z-]+:wafv2:us-east-1:[0-9]{12}:global/webacl/.+$');
      case 'emulated':
        return new WebAcl(this, 'WebAcl', settings).arn;
    }
  }

  /** An output of the stack in us-east-1, as `tools/deploy/deploy.py` passes it on. */
  private given(output: string, allowedPattern: string): string {
    const parameter = new CfnParameter(this, output, { description: `Output ${output} of the stack in us-east-1`, allowedPattern });
    parameter.overrideLogicalId(`Edge${output}`);
    return parameter.valueAsString;
  }

  private named({ name }: Domain): Pick<ConstructorParameters<typeof Distribution>[2], 'domainNames' | 'certificate' | 'minimumProtocolVersion'> {
    const arn = this.given('CertificateArn', '^arn:[a-z-]+:acm:us-east-1:[0-9]{12}:certificate/.+$');
    return {
      domainNames: [name],
      certificate: Certificate.fromCertificateArn(this, 'Certificate', arn),
      minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_3_2025,
    };
  }

  private records(name: string, hostedZoneId: string): void {
    for (const type of ['A', 'AAAA']) {
      new CfnRecordSet(this, type, {
        hostedZoneId,
        name,
        type,
        aliasTarget: { dnsName: this.distribution.distributionDomainName, hostedZoneId: CLOUDFRONT_ZONE },
      });
    }
  }

  /** What a browser is to heed: HTTPS alone, no guessing of types, no frames, nothing loaded, no address of ours passed on. */
  private answerHeaders(corsOrigins: readonly string[]): ResponseHeadersPolicy {
    return new ResponseHeadersPolicy(this, 'Answers', {
      comment: 'Security headers of every answer',
      securityHeadersBehavior: {
        strictTransportSecurity: { accessControlMaxAge: Duration.days(365), includeSubdomains: true, override: true },
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
        referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
        contentSecurityPolicy: { contentSecurityPolicy: "default-src 'none'; frame-ancestors 'none'", override: true },
      },
      // Said here of cached answers too, which the gateway has made for another origin or for none.
      ...(corsOrigins.length === 0
        ? {}
        : {
            corsBehavior: {
              accessControlAllowCredentials: false,
              accessControlAllowHeaders: [...CORS_HEADERS.allowed],
              accessControlAllowMethods: CORS_METHODS.map(String),
              accessControlAllowOrigins: [...corsOrigins],
              accessControlExposeHeaders: [...CORS_HEADERS.exposed],
              accessControlMaxAge: Duration.seconds(CORS_SECONDS),
              originOverride: true,
            },
          }),
    });
  }

  /**
   * A behaviour for each public read whose path takes nothing else: where changes are sent too, all is passed on, since a behaviour is of
   * a path, and one that caches passes no token on.
   */
  private publicReads(routes: readonly Route[], everywhere: BehaviorOptions): Record<string, BehaviorOptions> {
    const originRequestPolicy = new OriginRequestPolicy(this, 'PublicReads', {
      comment: 'What public reads get beside their parameters',
      headerBehavior: OriginRequestHeaderBehavior.allowList(...PUBLIC_READ_HEADERS),
      queryStringBehavior: OriginRequestQueryStringBehavior.none(),
      cookieBehavior: OriginRequestCookieBehavior.none(),
    });
    const ownTrace = new EdgeFunction(this, 'OwnTrace', {
      comment: 'The trace of who asks, on answers that are cached',
      code: FunctionCode.fromFile({ filePath: fileURLToPath(new URL('cached-trace.js', import.meta.url)) }),
      runtime: FunctionRuntime.JS_2_0,
    });
    return Object.fromEntries(
      cachedReads(routes).map((route): [string, BehaviorOptions] => [
        pattern(route),
        {
          ...everywhere,
          cachePolicy: new CachePolicy(this, `Cached${pascalCase(route.path.replace('/api/', '').replaceAll(/\W+/g, '-'))}`, {
            comment: `GET ${route.path}`,
            minTtl: Duration.seconds(0),
            defaultTtl: Duration.seconds(0),
            maxTtl: Duration.seconds(CACHED_SECONDS_MAX),
            queryStringBehavior: keyOf(route),
            headerBehavior: CacheHeaderBehavior.none(),
            cookieBehavior: CacheCookieBehavior.none(),
            enableAcceptEncodingGzip: true,
            enableAcceptEncodingBrotli: true,
          }),
          originRequestPolicy,
          functionAssociations: [{ function: ownTrace, eventType: FunctionEventType.VIEWER_RESPONSE }],
          compress: true,
        },
      ]),
    );
  }

  /** One line per request with the viewer's address, also of those that the gateway or the web ACL has answered. */
  private logBucket(removalPolicy: RemovalPolicy): IBucket {
    const bucket = new Bucket(this, 'Log', {
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      // CloudFront writes its logs by an access list.
      objectOwnership: ObjectOwnership.BUCKET_OWNER_PREFERRED,
      lifecycleRules: [{ expiration: Duration.days(LOG_DAYS) }],
      removalPolicy,
    });
    Validations.of(bucket).acknowledge({ id: 'AwsSolutions-S1', reason: 'It holds logs: who reads them is in the trail of the account' });
    return bucket as IBucket;
  }
}

/** The public reads whose path has no other method. */
export function cachedReads(routes: readonly Route[]): Route[] {
  const reads = routes.filter(
    (route) => route.method === 'get' && route.scopes.length === 0 && routes.every((other) => other === route || other.path !== route.path),
  );
  for (const read of reads) {
    const caught = routes.filter((other) => other !== read && matcher(read).test(other.path));
    if (caught.length > 0) {
      throw new Error(`the behaviour of GET ${read.path} would take ${caught.map((other) => other.path).join(', ')} too`);
    }
  }
  return reads;
}

/** The document's parameters, and no others: who adds one of his own gets the answer that there is. */
function keyOf({ query }: Route): CacheQueryStringBehavior {
  return query.length === 0 ? CacheQueryStringBehavior.none() : CacheQueryStringBehavior.allowList(...query);
}

function pattern({ path: template }: Route): string {
  return template.replaceAll(/\{\w+\}/g, '*');
}

/** CloudFront's `*` takes slashes too. */
function matcher(route: Route): RegExp {
  return new RegExp(`^${pattern(route).replaceAll('*', '.*')}$`);
}

function originOf(variant: EdgeVariant, { api }: BookingApi, customHeaders: Record<string, string>): HttpOrigin {
  switch (variant.kind) {
    case 'cloudfront': {
      const { region, urlSuffix } = Stack.of(api);
      return new HttpOrigin(`${api.apiId}.execute-api.${region}.${urlSuffix}`, {
        protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
        originSslProtocols: [OriginSslPolicy.TLS_V1_2],
        readTimeout: Duration.seconds(ORIGIN_READ_SECONDS),
        customHeaders,
      });
    }
    case 'emulated':
      return new HttpOrigin(variant.originHost, {
        protocolPolicy: OriginProtocolPolicy.HTTP_ONLY,
        httpPort: variant.originPort,
        originPath: variant.originPath.replace('{ApiId}', api.apiId),
        readTimeout: Duration.seconds(ORIGIN_READ_SECONDS),
        customHeaders,
      });
  }
}
