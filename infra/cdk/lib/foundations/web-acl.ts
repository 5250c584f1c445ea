/**
 * What is refused before it reaches the API: too many requests of one address or one token, bodies that no route takes, and what
 * AWS's own lists know as attacks. A web ACL of a distribution is one of us-east-1, wherever the stack is.
 */
import type { Duration } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { WEBHOOK_PATH } from './http-api.ts';

/** Of all rules together. */
const METRIC_NAME = 'Holdfast';
/** Over five minutes, as CloudFormation has it by itself. */
const WINDOW_SECONDS = 300;
/** So many notifications may one address send for each request that another may. */
const WEBHOOKS_PER_REQUEST = 10;
/** The largest body of a request (`shared/http/src/exchange.rs`), which is also the most that a web ACL looks at. */
export const BODY_BYTES_MAX = 64 * 1024;

/**
 * Rules of the common set that look for what is no harm in JSON, or in a client without a name: they count, and refuse nothing.
 * A body with an address, with markup or with more than 8 KB is a guest's words or an operator's attributes here.
 */
export const COUNTED: readonly string[] = [
  'CrossSiteScripting_BODY',
  'EC2MetaDataSSRF_BODY',
  'GenericLFI_BODY',
  'GenericRFI_BODY',
  'NoUserAgent_HEADER',
  'SizeRestrictions_BODY',
];

export interface WebAclProps {
  readonly requestsPerAddress: number;
  readonly requestsPerToken: number;
}

export class WebAcl extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, props: WebAclProps) {
    super(scope, id);
    const acl = new CfnWebACL(this, 'Acl', {
      description: 'Holdfast: how often, how much, and known attacks',
      scope: 'CLOUDFRONT',
      defaultAction: { allow: {} },
      associationConfig: { requestBody: { CLOUDFRONT: { defaultSizeInspectionLimit: 'KB_64' } } },
      customResponseBodies: {
        often: gatewayAnswer('Too many requests: wait before the next'),
        unsigned: gatewayAnswer('A notification has a Stripe-Signature'),
        large: gatewayAnswer(`A body may have at most ${BODY_BYTES_MAX} bytes`),
      },
      rules: [
        {
          name: 'RateByAddress',
          priority: 0,
          statement: {
            rateBasedStatement: {
              aggregateKeyType: 'IP',
              limit: props.requestsPerAddress,
              evaluationWindowSec: WINDOW_SECONDS,
              scopeDownStatement: notTheProvider(),
            },
          },
          action: refusal(429, 'often', [{ name: 'Retry-After', value: '60' }]),
          visibilityConfig: visible('RateByAddress'),
        },
        {
          // Anybody may send what looks like a notification.
          name: 'RateOfWebhooks',
          priority: 6,
          statement: {
            rateBasedStatement: {
              aggregateKeyType: 'IP',
              limit: WEBHOOKS_PER_REQUEST * props.requestsPerAddress,
              evaluationWindowSec: WINDOW_SECONDS,
              scopeDownStatement: ofTheProvider(),
            },
          },
          action: refusal(429, 'often', [{ name: 'Retry-After', value: '60' }]),
          visibilityConfig: visible('RateOfWebhooks'),
        },
        {
          name: 'RateByToken',
          priority: 1,
          statement: {
            rateBasedStatement: {
              aggregateKeyType: 'CUSTOM_KEYS',
              // Requests without the header are no part of any count. The gateway reads `bearer` in any case, and white space around the token.
              customKeys: [
                {
                  header: {
                    name: 'authorization',
                    textTransformations: [{ priority: 0, type: 'LOWERCASE' }, { priority: 1, type: 'COMPRESS_WHITE_SPACE' }],
                  },
                },
              ],
              limit: props.requestsPerToken,
              evaluationWindowSec: WINDOW_SECONDS,
            },
          },
          action: refusal(429, 'often', [{ name: 'Retry-After', value: '60' }]),
          visibilityConfig: visible('RateByToken'),
        },
        {
          name: 'BodySize',
          priority: 2,
          statement: {
            andStatement: {
              statements: [
                {
                  sizeConstraintStatement: {
                    // What is longer than a web ACL looks at is longer than allowed.
                    fieldToMatch: { body: { oversizeHandling: 'MATCH' } },
                    comparisonOperator: 'GT',
                    size: BODY_BYTES_MAX,
                    textTransformations: [{ priority: 0, type: 'NONE' }],
                  },
                },
                notTheProvider(),
              ],
            },
          },
          action: refusal(413, 'large', []),
          visibilityConfig: visible('BodySize'),
        },
        {
          name: 'UnsignedWebhooks',
          priority: 7,
          statement: { andStatement: { statements: [ofTheProvider(), { notStatement: { statement: signed() } }] } },
          action: refusal(400, 'unsigned', []),
          visibilityConfig: visible('UnsignedWebhooks'),
        },
        managed('AWSManagedRulesAmazonIpReputationList', 3, []),
        managed('AWSManagedRulesKnownBadInputsRuleSet', 4, []),
        managed('AWSManagedRulesCommonRuleSet', 5, COUNTED),
      ],
      visibilityConfig: visible(METRIC_NAME),
    });
    this.arn = acl.attrArn;
  }

  /** How many requests it has refused. */
  metricBlocked(period: Duration): Metric {
    return new Metric({
      namespace: 'AWS/WAFV2',
      metricName: 'BlockedRequests',
      // By the names of metrics; a web ACL of a distribution has no dimension of a region.
      dimensionsMap: { WebACL: METRIC_NAME, Rule: 'ALL' },
      period,
      statistic: Stats.SUM,
    });
  }
}

/** The provider's notifications come from a few addresses, in great numbers and any size; the function checks how each is signed. */
function ofTheProvider(): CfnWebACL.StatementProperty {
  return {
    byteMatchStatement: {
      fieldToMatch: { uriPath: {} },
      positionalConstraint: 'EXACTLY',
      searchString: WEBHOOK_PATH,
      textTransformations: [{ priority: 0, type: 'NONE' }],
    },
  };
}

/** Whether a request has the header of a signature, whatever is in it. */
function signed(): CfnWebACL.StatementProperty {
  return {
    sizeConstraintStatement: {
      fieldToMatch: { singleHeader: { Name: 'stripe-signature' } },
      comparisonOperator: 'GE',
      size: 1,
      textTransformations: [{ priority: 0, type: 'NONE' }],
    },
  };
}

function notTheProvider(): CfnWebACL.StatementProperty {
  return { notStatement: { statement: ofTheProvider() } };
}

function managed(name: string, priority: number, counted: readonly string[]): CfnWebACL.RuleProperty {
  return {
    name,
    priority,
    statement: {
      managedRuleGroupStatement: {
        vendorName: 'AWS',
        name,
        ...(counted.length === 0
          ? {}
          : { ruleActionOverrides: counted.map((rule) => ({ name: rule, actionToUse: { count: {} } })) }),
        // The provider's notifications pass: what they say is the provider's, and signed.
        scopeDownStatement: notTheProvider(),
      },
    },
    overrideAction: { none: {} },
    visibilityConfig: visible(name),
  };
}

function refusal(responseCode: number, customResponseBodyKey: string, responseHeaders: { name: string; value: string }[]): CfnWebACL.RuleActionProperty {
  return {
    block: { customResponse: { responseCode, customResponseBodyKey, ...(responseHeaders.length === 0 ? {} : { responseHeaders }) } },
  };
}

/** The body that the document has for what answers in place of the functions: a web ACL does not know the media type of problems. */
function gatewayAnswer(message: string): CfnWebACL.CustomResponseBodyProperty {
  return { contentType: 'APPLICATION_JSON', content: JSON.stringify({ message }) };
}

function visible(metricName: string): CfnWebACL.VisibilityConfigProperty {
  return { cloudWatchMetricsEnabled: true, metricName, sampledRequestsEnabled: true };
}
