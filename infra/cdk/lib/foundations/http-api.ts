/**
 * The HTTP API: its routes as `docs/openapi.json` declares them, who may call it from a browser, throttling, the access log.
 *
 * It has no authorizer: a route has one issuer there, and ours serve guests and staff. Functions verify tokens themselves
 * (docs/adr/0006-identity.md).
 */
import { Duration, Stack, Validations } from 'aws-cdk-lib';
import type { RemovalPolicy } from 'aws-cdk-lib';
import type { CfnStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { CorsHttpMethod, HttpApi, HttpMethod, HttpStage, LogGroupLogDestination, PayloadFormatVersion } from 'aws-cdk-lib/aws-apigatewayv2';
import type { CorsPreflightOptions } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { IDependable } from 'constructs';
import type { Route } from '../contract.ts';
import type { HoldfastFunction } from '../holdfast-function.ts';
import { pascalCase } from '../names.ts';
import type { Alarms } from './alarms.ts';
import { SCOPES } from './auth.ts';

/** What a page of another origin may send, and what it may read of an answer beside the body. */
export const CORS_HEADERS = {
  allowed: ['Authorization', 'Content-Type', 'Idempotency-Key', 'If-Match', 'If-None-Match', 'Prefer', 'traceparent'],
  exposed: [
    'ETag',
    'Idempotent-Replayed',
    'Location',
    'Preference-Applied',
    'Retry-After',
    'traceparent',
    'WWW-Authenticate',
    'X-Request-Id',
  ],
} as const;

export const CORS_METHODS = [
  CorsHttpMethod.GET,
  CorsHttpMethod.HEAD,
  CorsHttpMethod.POST,
  CorsHttpMethod.PUT,
  CorsHttpMethod.PATCH,
  CorsHttpMethod.DELETE,
] as const;
/** Browsers keep the answer to a preflight for so long. */
export const CORS_SECONDS = 3600;

/** The provider's notifications: 400 is the answer to those that it has not signed. */
export const WEBHOOK_PATH = '/api/webhooks/stripe';
export const WEBHOOK_ROUTE = `POST ${WEBHOOK_PATH}`;

/** Whoever looks into abuse needs a quarter of a year. */
const ACCESS_LOG_RETENTION = RetentionDays.THREE_MONTHS;

/** Answers that in such numbers in five minutes are no mistakes of single clients. */
const REFUSALS: readonly [status: string, alarm: string, threshold: number][] = [
  ['401', 'Unauthorized', 200],
  ['403', 'Forbidden', 50],
  ['429', 'TooManyRequests', 100],
];

export interface BookingApiProps {
  readonly routes: readonly Route[];
  /** Whose tokens functions believe, as they read it. */
  readonly tokenIssuers: string;
  readonly throttleRateLimit: number;
  readonly throttleBurstLimit: number;
  /** The same for each route that anybody may call, except for the provider's. */
  readonly publicRateLimit: number;
  readonly publicBurstLimit: number;
  /** Origins whose pages may call; without any, none may. */
  readonly corsOrigins: readonly string[];
  readonly alarms: Alarms;
  readonly removalPolicy: RemovalPolicy;
}

/** What is before the API, as its functions must know it. */
export interface Entrance {
  /** Where clients reach the API. */
  readonly url: string;
  /** The keys of which a request must bring one, with commas; without any, functions answer whoever asks. */
  readonly keys: string | undefined;
  /** Is made before the functions, and changed before them. */
  readonly before: IDependable;
}

export class BookingApi extends Construct {
  readonly api: HttpApi;
  readonly url: string;
  private readonly routes: readonly Route[];
  private readonly tokenIssuers: string;
  private entrance: Entrance | undefined;
  private readonly served = new Set<Route>();
  private readonly stage: HttpStage;

  constructor(scope: Construct, id: string, props: BookingApiProps) {
    super(scope, id);
    const stack = Stack.of(this);
    this.routes = props.routes;
    this.tokenIssuers = props.tokenIssuers;
    this.api = new HttpApi(this, 'Http', {
      apiName: stack.stackName.toLowerCase(),
      description: 'Holdfast: search, hold, book, cancel',
      createDefaultStage: false,
      ...(props.corsOrigins.length === 0 ? {} : { corsPreflight: preflight(props.corsOrigins) }),
    });
    this.url = this.api.apiEndpoint;

    const accessLog = new LogGroup(this, 'AccessLog', {
      logGroupName: `/aws/apigateway/${stack.stackName.toLowerCase()}`,
      retention: ACCESS_LOG_RETENTION,
      removalPolicy: props.removalPolicy,
    });
    this.stage = new HttpStage(this, 'DefaultStage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: props.throttleRateLimit, burstLimit: props.throttleBurstLimit },
      detailedMetricsEnabled: true,
      accessLogSettings: {
        destination: new LogGroupLogDestination(accessLog),
        // What the gateway itself knows for certain. Who called, from where and with what is in the functions' line `answered`
        // and in the edge's log: here the address is the edge's, and what a client can write would be written unescaped.
        format: AccessLogFormat.custom(
          JSON.stringify({
            requestId: '$context.requestId',
            at: '$context.requestTime',
            method: '$context.httpMethod',
            route: '$context.routeKey',
            status: '$context.status',
            // `-` where no function was asked: the gateway itself has answered.
            functionStatus: '$context.integrationStatus',
            responseMilliseconds: '$context.responseLatency',
            integrationError: '$context.integrationErrorMessage',
            error: '$context.error.responseType',
          }),
        ),
      },
    });
    (this.stage.node.defaultChild as CfnStage).routeSettings = Object.fromEntries(
      props.routes.flatMap((route) => routeKeys(route).map((key) => [key, throttle(route, props)])),
    );
    for (const [status, name, threshold] of REFUSALS) {
      props.alarms.raiseLogged(this, name, {
        anchor: 'api-refusals',
        log: accessLog,
        lines: { status },
        threshold,
        within: Duration.minutes(5),
      });
    }
    props.alarms.raiseLogged(this, 'WebhooksRefused', {
      anchor: 'webhooks-refused',
      log: accessLog,
      lines: { route: WEBHOOK_ROUTE, status: '400' },
      threshold: 5,
      within: Duration.minutes(15),
    });
    props.alarms.raise(this, 'ServerErrors', {
      anchor: 'api-server-errors',
      metric: this.api.metricServerError({ period: Duration.minutes(1), statistic: Stats.SUM }),
      threshold: 5,
      periods: 2,
    });
    this.node.addValidation({
      validate: () =>
        this.routes
          .filter((route) => !this.served.has(route))
          .map((route) => `${named(route)}: no capability serves it with the function ${route.functionName}`),
    });
  }

  /** Says what is before the API; functions that are served afterwards know it. */
  enterBy(entrance: Entrance): void {
    this.entrance = entrance;
  }

  /** Makes the routes of a function. A function with public routes says why they need no token. */
  serve(target: HoldfastFunction, publicBecause?: string): void {
    const routes = this.routes.filter((route) => route.functionName === target.name);
    if (routes.length === 0) {
      throw new Error(`docs/openapi.json has no route of the function ${target.name}`);
    }
    if (this.entrance === undefined) {
      throw new Error(`${target.name} is served before it is known what is before the API`);
    }
    const { url, keys, before } = this.entrance;
    target.lambda.addEnvironment('HOLDFAST_PUBLIC_URL', url);
    if (keys !== undefined) {
      target.lambda.addEnvironment('HOLDFAST_EDGE_KEYS', keys);
    }
    if (routes.some(({ scopes }) => scopes.length > 0)) {
      target.lambda.addEnvironment('HOLDFAST_TOKEN_ISSUERS', this.tokenIssuers);
    }
    target.lambda.node.addDependency(before);
    // Its line `answered` says who called.
    (target.log.node.defaultChild as CfnLogGroup).retentionInDays = ACCESS_LOG_RETENTION;
    const integration = new HttpLambdaIntegration(pascalCase(target.name), target.lambda, {
      payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
    });
    for (const route of routes) {
      const { scopes } = route;
      const unknown = scopes.filter((scope) => !SCOPES.includes(scope));
      if (unknown.length > 0) {
        throw new Error(`${named(route)}: nobody issues the scope ${unknown.join(', ')}`);
      }
      const added = this.api.addRoutes({
        path: route.path,
        methods: methodsOf(route),
        integration,
      });
      this.served.add(route);
      // The stage names its routes, and is refused if there is none of that name.
      this.stage.node.addDependency(...added);
      const reason = scopes.length === 0 ? publicBecause : 'The function verifies the token, of guests or staff (docs/adr/0006-identity.md)';
      if (reason === undefined) {
        throw new Error(`${named(route)} is public, and the capability of ${target.name} does not say why`);
      }
      for (const one of added) {
        Validations.of(one).acknowledge({ id: 'AwsSolutions-APIG4', reason });
      }
    }
  }
}

/** `HEAD` comes with every `GET`: the function gives the same answer without the body. */
function methodsOf({ method }: Route): HttpMethod[] {
  const declared = HttpMethod[method.toUpperCase() as keyof typeof HttpMethod];
  return declared === HttpMethod.GET ? [HttpMethod.GET, HttpMethod.HEAD] : [declared];
}

function routeKeys(route: Route): string[] {
  return methodsOf(route).map((method) => `${method} ${route.path}`);
}

/**
 * What a route lets through. Each has its own: a crowd on one takes nothing from the others, least of all from the provider's
 * notifications.
 */
function throttle(route: Route, limits: BookingApiProps): CfnStage.RouteSettingsProperty {
  const open = route.scopes.length === 0 && named(route) !== WEBHOOK_ROUTE;
  // As a template has it: the CDK passes these settings on as they are.
  return {
    ThrottlingRateLimit: open ? limits.publicRateLimit : limits.throttleRateLimit,
    ThrottlingBurstLimit: open ? limits.publicBurstLimit : limits.throttleBurstLimit,
    DetailedMetricsEnabled: true,
  } as CfnStage.RouteSettingsProperty;
}

/** No cookies: a caller is who the token says. */
function preflight(origins: readonly string[]): CorsPreflightOptions {
  return {
    allowOrigins: [...origins],
    allowMethods: [...CORS_METHODS],
    allowHeaders: [...CORS_HEADERS.allowed],
    exposeHeaders: [...CORS_HEADERS.exposed],
    maxAge: Duration.seconds(CORS_SECONDS),
  };
}

function named({ method, path }: Route): string {
  return `${method.toUpperCase()} ${path}`;
}
