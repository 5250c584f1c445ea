/** The HTTP API: its routes, the scopes they ask for, throttling and the access log. */
import { Stack } from 'aws-cdk-lib';
import type { RemovalPolicy } from 'aws-cdk-lib';
import { HttpApi, HttpMethod, HttpStage, LogGroupLogDestination, PayloadFormatVersion } from 'aws-cdk-lib/aws-apigatewayv2';
import type { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { NagSuppressions } from 'cdk-nag';
import { Construct } from 'constructs';
import { GUEST_SCOPE, OPERATOR_SCOPE } from './auth.ts';
import { pascalCase } from './functions.ts';
import type { FunctionName, Functions } from './functions.ts';

type Scope = typeof GUEST_SCOPE | typeof OPERATOR_SCOPE;

interface Route {
  readonly method: HttpMethod;
  readonly path: string;
  readonly functionName: FunctionName;
  /** Any one of them suffices; `public` routes need no token. */
  readonly access: 'public' | readonly Scope[];
}

const OPERATOR: readonly Scope[] = [OPERATOR_SCOPE];
const GUEST_OR_OPERATOR: readonly Scope[] = [GUEST_SCOPE, OPERATOR_SCOPE];

export const ROUTES: readonly Route[] = [
  { method: HttpMethod.GET, path: '/api/availability', functionName: 'search', access: 'public' },
  { method: HttpMethod.GET, path: '/api/resources/{resourceId}/availability', functionName: 'search', access: 'public' },
  { method: HttpMethod.GET, path: '/api/resources/{resourceId}', functionName: 'resources', access: 'public' },
  { method: HttpMethod.PUT, path: '/api/resources/{resourceId}', functionName: 'resources', access: OPERATOR },
  { method: HttpMethod.PATCH, path: '/api/resources/{resourceId}/inventory', functionName: 'resources', access: OPERATOR },
  { method: HttpMethod.POST, path: '/api/holds', functionName: 'hold', access: GUEST_OR_OPERATOR },
  { method: HttpMethod.GET, path: '/api/holds/{holdId}', functionName: 'hold', access: GUEST_OR_OPERATOR },
  { method: HttpMethod.DELETE, path: '/api/holds/{holdId}', functionName: 'hold', access: GUEST_OR_OPERATOR },
  { method: HttpMethod.POST, path: '/api/holds/{holdId}/extend', functionName: 'hold', access: GUEST_OR_OPERATOR },
  { method: HttpMethod.POST, path: '/api/bookings', functionName: 'confirm', access: GUEST_OR_OPERATOR },
  { method: HttpMethod.GET, path: '/api/bookings', functionName: 'bookings', access: GUEST_OR_OPERATOR },
  { method: HttpMethod.GET, path: '/api/bookings/{bookingId}', functionName: 'bookings', access: GUEST_OR_OPERATOR },
  { method: HttpMethod.GET, path: '/api/bookings/{bookingId}/events', functionName: 'bookings', access: GUEST_OR_OPERATOR },
  { method: HttpMethod.POST, path: '/api/bookings/{bookingId}/cancel', functionName: 'cancel', access: GUEST_OR_OPERATOR },
  { method: HttpMethod.POST, path: '/api/webhooks/stripe', functionName: 'stripe-webhook', access: 'public' },
];

export interface BookingApiProps {
  readonly functions: Functions;
  readonly authorizer: HttpJwtAuthorizer;
  readonly throttleRateLimit: number;
  readonly throttleBurstLimit: number;
  readonly removalPolicy: RemovalPolicy;
}

export class BookingApi extends Construct {
  readonly api: HttpApi;
  readonly url: string;

  constructor(scope: Construct, id: string, props: BookingApiProps) {
    super(scope, id);
    const stack = Stack.of(this);
    this.api = new HttpApi(this, 'Http', {
      apiName: stack.stackName.toLowerCase(),
      description: 'Holdfast: search, hold, book, cancel',
      createDefaultStage: false,
    });
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

    const integrations = new Map<FunctionName, HttpLambdaIntegration>();
    for (const route of ROUTES) {
      const integration =
        integrations.get(route.functionName) ??
        new HttpLambdaIntegration(pascalCase(route.functionName), props.functions.get(route.functionName).lambda, {
          payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
        });
      integrations.set(route.functionName, integration);
      const added = this.api.addRoutes({
        path: route.path,
        methods: [route.method],
        integration,
        ...(route.access === 'public'
          ? {}
          : { authorizer: props.authorizer, authorizationScopes: [...route.access] }),
      });
      if (route.access === 'public') {
        NagSuppressions.addResourceSuppressions(added, [
          {
            id: 'AwsSolutions-APIG4',
            reason:
              route.functionName === 'stripe-webhook'
                ? 'The provider signs its calls; the function checks the signature before anything else'
                : 'Search and the calendar of a resource are public by contract',
          },
        ]);
      }
    }
  }
}
