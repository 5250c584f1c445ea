/** The HTTP API: its routes as `docs/openapi.json` declares them, who may call it from a browser, throttling, the access log. */
import { Duration, Stack, Validations } from 'aws-cdk-lib';
import type { RemovalPolicy } from 'aws-cdk-lib';
import { CorsHttpMethod, HttpApi, HttpMethod, HttpStage, LogGroupLogDestination, PayloadFormatVersion } from 'aws-cdk-lib/aws-apigatewayv2';
import type { CorsPreflightOptions } from 'aws-cdk-lib/aws-apigatewayv2';
import type { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
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

export interface BookingApiProps {
  readonly routes: readonly Route[];
  readonly authorizer: HttpJwtAuthorizer;
  readonly throttleRateLimit: number;
  readonly throttleBurstLimit: number;
  /** Origins whose pages may call; without any, none may. */
  readonly corsOrigins: readonly string[];
  /** Where clients reach the API, `{ApiId}` standing for its id, if not at the host that the gateway names. */
  readonly publicUrl: string | undefined;
  readonly alarms: Alarms;
  readonly removalPolicy: RemovalPolicy;
}

export class BookingApi extends Construct {
  readonly api: HttpApi;
  readonly url: string;
  private readonly routes: readonly Route[];
  private readonly authorizer: HttpJwtAuthorizer;
  private readonly publicUrl: string | undefined;
  private readonly served = new Set<Route>();

  constructor(scope: Construct, id: string, props: BookingApiProps) {
    super(scope, id);
    const stack = Stack.of(this);
    this.routes = props.routes;
    this.authorizer = props.authorizer;
    this.api = new HttpApi(this, 'Http', {
      apiName: stack.stackName.toLowerCase(),
      description: 'Holdfast: search, hold, book, cancel',
      createDefaultStage: false,
      ...(props.corsOrigins.length === 0 ? {} : { corsPreflight: preflight(props.corsOrigins) }),
    });
    this.publicUrl = props.publicUrl?.replace('{ApiId}', this.api.apiId);
    this.url = this.api.apiEndpoint;

    const accessLog = new LogGroup(this, 'AccessLog', {
      logGroupName: `/aws/apigateway/${stack.stackName.toLowerCase()}`,
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: props.removalPolicy,
    });
    new HttpStage(this, 'DefaultStage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: props.throttleRateLimit, burstLimit: props.throttleBurstLimit },
      detailedMetricsEnabled: true,
      accessLogSettings: {
        destination: new LogGroupLogDestination(accessLog),
        // No token, no body, no address: what is needed to follow one request.
        format: AccessLogFormat.custom(
          JSON.stringify({
            requestId: '$context.requestId',
            at: '$context.requestTime',
            method: '$context.httpMethod',
            route: '$context.routeKey',
            status: '$context.status',
            responseMilliseconds: '$context.responseLatency',
            integrationError: '$context.integrationErrorMessage',
            authorizerError: '$context.authorizer.error',
          }),
        ),
      },
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

  /** Makes the routes of a function. A function with public routes says why they need no token. */
  serve(target: HoldfastFunction, publicBecause?: string): void {
    const routes = this.routes.filter((route) => route.functionName === target.name);
    if (routes.length === 0) {
      throw new Error(`docs/openapi.json has no route of the function ${target.name}`);
    }
    if (this.publicUrl !== undefined) {
      target.lambda.addEnvironment('HOLDFAST_PUBLIC_URL', this.publicUrl);
    }
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
        ...(scopes.length === 0 ? {} : { authorizer: this.authorizer, authorizationScopes: [...scopes] }),
      });
      this.served.add(route);
      if (scopes.length === 0) {
        if (publicBecause === undefined) {
          throw new Error(`${named(route)} is public, and the capability of ${target.name} does not say why`);
        }
        for (const one of added) {
          Validations.of(one).acknowledge({ id: 'AwsSolutions-APIG4', reason: publicBecause });
        }
      }
    }
  }
}

/** `HEAD` comes with every `GET`: the function gives the same answer without the body. */
function methodsOf({ method }: Route): HttpMethod[] {
  const declared = HttpMethod[method.toUpperCase() as keyof typeof HttpMethod];
  return declared === HttpMethod.GET ? [HttpMethod.GET, HttpMethod.HEAD] : [declared];
}

/** Browsers keep the answer to a preflight for an hour. No cookies: a caller is who the token says. */
function preflight(origins: readonly string[]): CorsPreflightOptions {
  return {
    allowOrigins: [...origins],
    allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.HEAD, CorsHttpMethod.POST, CorsHttpMethod.PUT, CorsHttpMethod.PATCH, CorsHttpMethod.DELETE],
    allowHeaders: [...CORS_HEADERS.allowed],
    exposeHeaders: [...CORS_HEADERS.exposed],
    maxAge: Duration.hours(1),
  };
}

function named({ method, path }: Route): string {
  return `${method.toUpperCase()} ${path}`;
}
