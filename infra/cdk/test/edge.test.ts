/**
 * The edge: every way in has TLS, the web ACL and the security headers; public reads are kept under the parameters that the document
 * names; everything else is passed on whole and nothing of it is kept; functions demand the edge's key.
 */
import type { CfnDistribution } from 'aws-cdk-lib/aws-cloudfront';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import vm from 'node:vm';
import { contractOfRepository } from '../lib/contract.ts';
import type { Route } from '../lib/contract.ts';
import { EDGE_KEY_HEADER, LOG_DAYS, cachedReads } from '../lib/foundations/edge.ts';
import { WEBHOOK_PATH } from '../lib/foundations/http-api.ts';
import { BODY_BYTES_MAX, COUNTED } from '../lib/foundations/web-acl.ts';
import { HoldfastFunction } from '../lib/holdfast-function.ts';
import type { HoldfastStack } from '../lib/holdfast-stack.ts';
import { CDK_DIR, REPOSITORY_DIR, resourcesOf, synthesize } from './synthesized.ts';
import type { Template } from './synthesized.ts';

/** What AWS manages: "CachingDisabled" and "AllViewerExceptHostHeader" (CloudFront's guide, "Use managed policies"). */
const CACHING_DISABLED = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
const ALL_VIEWER_EXCEPT_HOST = 'b689b0a8-53d0-40ab-baf2-68738e2966ac';
const DOCUMENT = JSON.parse(readFileSync(path.join(REPOSITORY_DIR, 'docs/openapi.json'), 'utf8')) as {
  components: { schemas: Record<string, { required?: string[] }> };
  paths: Record<string, Record<string, { security?: unknown[]; parameters?: { in?: string; name?: string }[] }>>;
};

interface Behavior {
  readonly PathPattern?: string;
  readonly ViewerProtocolPolicy: string;
  readonly ResponseHeadersPolicyId: { readonly Ref: string };
  readonly CachePolicyId: string | { readonly Ref: string };
  readonly OriginRequestPolicyId: string | { readonly Ref: string };
  readonly AllowedMethods: readonly string[];
  readonly Compress: boolean;
  readonly TargetOriginId: string;
}

interface Origin {
  readonly Id: string;
  readonly DomainName: unknown;
  readonly OriginCustomHeaders: readonly { readonly HeaderName: string; readonly HeaderValue: unknown }[];
  readonly CustomOriginConfig: Readonly<Record<string, unknown>>;
}

interface DistributionConfig {
  readonly DefaultCacheBehavior: Behavior;
  readonly CacheBehaviors: readonly Behavior[];
  readonly WebACLId: unknown;
  readonly Origins: readonly Origin[];
  readonly CustomErrorResponses: readonly { readonly ErrorCode: number; readonly ErrorCachingMinTTL: number }[];
  readonly Logging: { readonly Bucket: unknown; readonly IncludeCookies?: boolean };
  readonly ViewerCertificate?: Readonly<Record<string, unknown>>;
  readonly Aliases?: readonly string[];
}

function distribution(template: Template): DistributionConfig {
  const found = resourcesOf(template, 'AWS::CloudFront::Distribution');
  assert.equal(found.length, 1);
  return found[0]?.[1].Properties['DistributionConfig'] as DistributionConfig;
}

function behaviors(template: Template): Behavior[] {
  const { DefaultCacheBehavior: usual, CacheBehaviors: more } = distribution(template);
  return [usual, ...more];
}

function policy<T>(template: Template, id: unknown, config: string): T {
  const found = template.Resources[(id as { Ref: string }).Ref];
  assert.ok(found !== undefined, JSON.stringify(id));
  return found.Properties[config] as T;
}

/** What is open of the ways in: TLS, the web ACL, the headers of answers, what is kept, what the origin gets. */
function faults(template: Template): string[] {
  const config = distribution(template);
  const found: string[] = [];
  if (config.WebACLId === undefined) {
    found.push('no web ACL');
  }
  for (const [index, one] of behaviors(template).entries()) {
    const name = one.PathPattern ?? 'default';
    if (one.ViewerProtocolPolicy !== 'https-only') {
      found.push(`${name}: viewers by ${one.ViewerProtocolPolicy}`);
    }
    if (one.ResponseHeadersPolicyId === undefined) {
      found.push(`${name}: no headers`);
    } else {
      found.push(...missingHeaders(template, one).map((header) => `${name}: no ${header}`));
    }
    if (index === 0 && (one.CachePolicyId !== CACHING_DISABLED || one.OriginRequestPolicyId !== ALL_VIEWER_EXCEPT_HOST)) {
      found.push(`${name}: is kept, or not passed on whole`);
    }
    if (one.AllowedMethods.length !== 7) {
      found.push(`${name}: takes ${one.AllowedMethods.join()}`);
    }
  }
  const kept = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504].filter(
    (status) => config.CustomErrorResponses.find(({ ErrorCode: code }) => code === status)?.ErrorCachingMinTTL !== 0,
  );
  return [...found, ...kept.map((status) => `answers ${status} are kept`)];
}

function missingHeaders(template: Template, { ResponseHeadersPolicyId: id }: Behavior): string[] {
  const { SecurityHeadersConfig: said } = policy<{ SecurityHeadersConfig: Record<string, { Override: boolean } | undefined> }>(
    template,
    id,
    'ResponseHeadersPolicyConfig',
  );
  const wanted = ['StrictTransportSecurity', 'ContentTypeOptions', 'FrameOptions', 'ReferrerPolicy', 'ContentSecurityPolicy'];
  return wanted.filter((header) => said[header]?.Override !== true);
}

test('every way in has TLS, a web ACL and the security headers, and no errors are kept', () => {
  assert.deepEqual(faults(synthesize(false).template), []);
  assert.equal(behaviors(synthesize(false).template).length, 3);
});

const CONTROLS: readonly [what: string, change: (cfn: CfnDistribution) => void, found: RegExp][] = [
  ['no web ACL', (cfn) => cfn.addPropertyDeletionOverride('DistributionConfig.WebACLId'), /no web ACL/],
  [
    'a behaviour over HTTP',
    (cfn) => cfn.addPropertyOverride('DistributionConfig.CacheBehaviors.0.ViewerProtocolPolicy', 'allow-all'),
    /availability: viewers by allow-all/,
  ],
  [
    'a behaviour without headers',
    (cfn) => cfn.addPropertyDeletionOverride('DistributionConfig.CacheBehaviors.1.ResponseHeadersPolicyId'),
    /availability: no headers/,
  ],
  [
    'guests’ answers that are kept',
    (cfn) => cfn.addPropertyOverride('DistributionConfig.DefaultCacheBehavior.CachePolicyId', '658327ea-f89d-4fab-a63d-7e88639e58f6'),
    /default: is kept/,
  ],
  ['a kept 404', (cfn) => cfn.addPropertyOverride('DistributionConfig.CustomErrorResponses.2.ErrorCachingMinTTL', 10), /answers 404 are kept/],
];

for (const [what, change, found] of CONTROLS) {
  test(`control: ${what} is found`, () => {
    const adapt = (stack: HoldfastStack): void =>
      change(stack.node.findChild('Edge').node.findChild('Distribution').node.defaultChild as CfnDistribution);
    assert.match(faults(synthesize(false, undefined, undefined, { adapt }).template).join('\n'), found);
  });
}

for (const variant of ['aws', 'local'] as const) {
  test(`${variant}: a public read is kept under the parameters that the document names, and no others`, () => {
    const { template } = synthesize(variant === 'local');
    const kept = new Map(
      distribution(template).CacheBehaviors.map((one) => {
        const config = policy<Record<string, unknown>>(template, one.CachePolicyId, 'CachePolicyConfig');
        const key = config['ParametersInCacheKeyAndForwardedToOrigin'] as {
          QueryStringsConfig: { QueryStringBehavior: string; QueryStrings?: string[] };
          HeadersConfig: { HeaderBehavior: string };
          CookiesConfig: { CookieBehavior: string };
          EnableAcceptEncodingGzip: boolean;
          EnableAcceptEncodingBrotli: boolean;
        };
        assert.deepEqual([config['MinTTL'], config['DefaultTTL']], [0, 0], 'the answers themselves say how long they are kept');
        assert.deepEqual([key.HeadersConfig.HeaderBehavior, key.CookiesConfig.CookieBehavior], ['none', 'none']);
        assert.ok(one.Compress && key.EnableAcceptEncodingGzip && key.EnableAcceptEncodingBrotli, one.PathPattern);
        assert.equal(key.QueryStringsConfig.QueryStringBehavior, 'whitelist');
        return [one.PathPattern, [...(key.QueryStringsConfig.QueryStrings ?? [])].sort()];
      }),
    );
    // Read off the document here by itself, without lib/contract.ts.
    const expected = Object.entries(DOCUMENT.paths).flatMap(([route, item]) => {
      const methods = Object.keys(item).filter((name) => ['get', 'put', 'post', 'delete', 'patch'].includes(name));
      const { get } = item;
      if (get === undefined || methods.length !== 1 || get.security?.length !== 0) {
        return [];
      }
      const names = (get.parameters ?? []).filter((one) => one.in === 'query').map((one) => String(one.name));
      return [[route.replaceAll(/\{\w+\}/g, '*'), names.sort()] as const];
    });
    assert.deepEqual([...kept], expected);
    // CloudFront takes ten in a key.
    assert.ok(expected.length === 2 && expected.every(([, names]) => names.length > 0 && names.length <= 10), JSON.stringify(expected));
  });
}

test('what public reads get beside their parameters is no part of the key, and names nobody', () => {
  const { template } = synthesize(false);
  for (const one of distribution(template).CacheBehaviors) {
    const config = policy<{
      HeadersConfig: { HeaderBehavior: string; Headers: string[] };
      QueryStringsConfig: { QueryStringBehavior: string };
      CookiesConfig: { CookieBehavior: string };
    }>(template, one.OriginRequestPolicyId, 'OriginRequestPolicyConfig');
    assert.deepEqual(
      [config.HeadersConfig.HeaderBehavior, config.QueryStringsConfig.QueryStringBehavior, config.CookiesConfig.CookieBehavior],
      ['whitelist', 'none', 'none'],
    );
    assert.ok(!config.HeadersConfig.Headers.some((name) => /authorization|cookie/i.test(name)));
    assert.ok(config.HeadersConfig.Headers.includes('traceparent') && config.HeadersConfig.Headers.length <= 10);
  }
});

test('a read is kept only where its path takes nothing else, and its pattern takes no other path', () => {
  const route = (method: Route['method'], where: string, scopes: string[] = []): Route => ({ method, path: where, functionName: 'f', scopes, query: [] });
  const { routes } = contractOfRepository();
  const reads = routes.filter(({ method, scopes }) => method === 'get' && scopes.length === 0);
  const passed = reads.filter((read) => !cachedReads(routes).includes(read)).map((read) => read.path);
  assert.deepEqual(passed, ['/api/properties/{propertyId}', '/api/resources/{resourceId}']);
  assert.deepEqual(cachedReads([route('get', '/a'), route('put', '/a', ['x'])]), []);
  assert.throws(() => cachedReads([route('get', '/a/{id}'), route('post', '/a/{id}/b', ['x'])]), /GET \/a\/\{id\} would take \/a\/\{id\}\/b/);
});

test('on AWS the functions behind the API, and no others, demand the key that the edge sends, and know the next', () => {
  const { template, paths, stack } = synthesize(false);
  const serving = new Set(contractOfRepository().routes.map(({ functionName }) => functionName));
  const keys = (named: Template): Map<string, unknown> =>
    new Map(
      resourcesOf(named, 'AWS::Lambda::Function').flatMap(([, { Properties }]) => {
        const { Variables } = Properties['Environment'] as { Variables: Record<string, unknown> };
        const name = String(Properties['FunctionName']).replace('holdfast-', '');
        return 'HOLDFAST_EDGE_KEYS' in Variables ? [[name, Variables['HOLDFAST_EDGE_KEYS']] as const] : [];
      }),
    );
  assert.deepEqual([...keys(template).keys()].sort(), [...serving].sort());
  const [origin, ...more] = distribution(template).Origins;
  assert.ok(origin !== undefined && more.length === 0);
  const [header, ...others] = origin.OriginCustomHeaders;
  assert.ok(header !== undefined && others.length === 0);
  assert.equal(header.HeaderName, EDGE_KEY_HEADER);
  const secrets = (value: unknown): string[] => [...JSON.stringify(value).matchAll(/"Ref":"(\w+)"/g)].map((match) => paths.get(match[1] ?? '') ?? '?');
  assert.deepEqual(secrets(header.HeaderValue), ['Edge/Key1']);
  for (const value of keys(template).values()) {
    assert.deepEqual(secrets(value), ['Edge/Key1', 'Edge/Key2']);
    assert.match(JSON.stringify(value), /\{\{resolve:secretsmanager:/);
  }
  // The edge sends what every function knows, at every moment of a deployment with the next number.
  const rotated = synthesize(false, undefined, { edgeKey: '2' });
  const [sent] = distribution(rotated.template).Origins[0]?.OriginCustomHeaders ?? [];
  assert.match(JSON.stringify(sent?.HeaderValue), /EdgeKey2/);
  for (const { lambda, name } of HoldfastFunction.below(stack).filter((one) => serving.has(one.name))) {
    const id = [...paths].find(([, place]) => place === lambda.node.path.replace(/^Holdfast\//, ''))?.[0] ?? '';
    const { DependsOn: first } = template.Resources[id] as unknown as { DependsOn: string[] };
    assert.ok(first.some((one) => paths.get(one) === 'Edge/Distribution'), name);
  }
  // Locally the API is reached without the edge too.
  assert.equal(keys(synthesize(true).template).size, 0);
});

test('the header has the name that the functions read', () => {
  const source = readFileSync(path.join(REPOSITORY_DIR, 'shared/runtime/src/edge.rs'), 'utf8');
  assert.ok(source.includes(`"${EDGE_KEY_HEADER.toLowerCase()}"`));
});

test('the origin is spoken to by TLS 1.2, and waited for longer than the gateway waits', () => {
  const [origin] = distribution(synthesize(false).template).Origins;
  const { OriginProtocolPolicy: by, OriginSSLProtocols: protocols, OriginReadTimeout: seconds } = origin?.CustomOriginConfig ?? {};
  assert.deepEqual([by, protocols], ['https-only', ['TLSv1.2']]);
  assert.ok(Number(seconds) > 30 && Number(seconds) <= 60);
  assert.match(JSON.stringify(origin?.DomainName), /\.execute-api\./);
});

test('with a name of its own the edge has TLS 1.3, a certificate of us-east-1, and records in the zone', () => {
  const context = { domainName: 'booking.example.com', hostedZoneId: 'Z0123' };
  const { template, edgeTemplate, findings } = synthesize(false, undefined, context);
  assert.deepEqual(findings, []);
  const config = distribution(template);
  assert.deepEqual(config.Aliases, ['booking.example.com']);
  assert.equal(config.ViewerCertificate?.['MinimumProtocolVersion'], 'TLSv1.3_2025');
  assert.equal(config.ViewerCertificate['SslSupportMethod'], 'sni-only');
  assert.match(JSON.stringify(config.ViewerCertificate['AcmCertificateArn']), /EdgeCertificateArn/);
  const records = resourcesOf(template, 'AWS::Route53::RecordSet').map(([, one]) => [one.Properties['Type'], one.Properties['Name']]);
  assert.deepEqual(records, [['A', 'booking.example.com'], ['AAAA', 'booking.example.com']]);
  assert.ok(edgeTemplate !== undefined);
  assert.equal(resourcesOf(edgeTemplate, 'AWS::CertificateManager::Certificate').length, 1);
  const given = synthesize(false, undefined, { domainName: 'booking.example.com', certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/c' });
  assert.ok(given.edgeTemplate !== undefined);
  assert.equal(resourcesOf(given.edgeTemplate, 'AWS::CertificateManager::Certificate').length, 0);
  assert.deepEqual((given.edgeTemplate.Outputs['CertificateArn'] as { Value: string }).Value, 'arn:aws:acm:us-east-1:123456789012:certificate/c');
  assert.equal(resourcesOf(given.template, 'AWS::Route53::RecordSet').length, 0);
});

test('what `make deploy` passes on are outputs of the one stack and parameters of the other', () => {
  const context = { domainName: 'booking.example.com', hostedZoneId: 'Z0123' };
  const { template, edgeTemplate } = synthesize(false, undefined, context);
  const source = readFileSync(path.join(REPOSITORY_DIR, 'tools/deploy/deploy.py'), 'utf8');
  const passed = [...(/^EDGE_PARAMETERS = \{(.*)\}$/m.exec(source)?.[1] ?? '').matchAll(/"(\w+)": "(\w+)"/g)].map(([, from, to]) => [from, to]);
  const own = (parameters: Readonly<Record<string, unknown>>): string[] => Object.keys(parameters).filter((name) => name !== 'BootstrapVersion');
  assert.deepEqual(passed.map(([from]) => from).sort(), Object.keys(edgeTemplate?.Outputs ?? {}).sort());
  assert.deepEqual(passed.map(([, to]) => to).sort(), own(template.Parameters).sort());
  assert.deepEqual(own(synthesize(true).template.Parameters), []);
});

interface Rule {
  readonly Name: string;
  readonly Action?: { readonly Block?: { readonly CustomResponse: { readonly ResponseCode: number; readonly ResponseHeaders?: unknown } } };
  readonly Statement: {
    readonly RateBasedStatement?: Record<string, unknown>;
    readonly ManagedRuleGroupStatement?: { readonly Name: string; readonly RuleActionOverrides?: { readonly Name: string }[] };
  };
}

test('the web ACL bounds each address and each token, and lets JSON and the provider pass', () => {
  const aws = synthesize(false, undefined, { requestsPerAddress: '700', requestsPerToken: '300' });
  const [, local] = resourcesOf(synthesize(true).template, 'AWS::WAFv2::WebACL')[0] ?? [];
  assert.ok(aws.edgeTemplate !== undefined && local !== undefined);
  assert.equal(resourcesOf(aws.template, 'AWS::WAFv2::WebACL').length, 0, 'it is in us-east-1');
  const [found, ...more] = resourcesOf(aws.edgeTemplate, 'AWS::WAFv2::WebACL');
  assert.ok(found !== undefined && more.length === 0);
  const { Properties } = found[1];
  assert.deepEqual([Properties['Scope'], Properties['DefaultAction']], ['CLOUDFRONT', { Allow: {} }]);
  const rules = Properties['Rules'] as Rule[];
  const byName = new Map(rules.map((rule) => [rule.Name, rule]));
  assert.deepEqual((local.Properties['Rules'] as Rule[]).map(({ Name }) => Name), [...byName.keys()]);
  const address = byName.get('RateByAddress')?.Statement.RateBasedStatement;
  assert.deepEqual([address?.['AggregateKeyType'], address?.['Limit']], ['IP', 700]);
  assert.match(JSON.stringify(address?.['ScopeDownStatement']), new RegExp(`"NotStatement".*"SearchString":"${WEBHOOK_PATH}"`));
  const token = byName.get('RateByToken')?.Statement.RateBasedStatement;
  assert.deepEqual([token?.['AggregateKeyType'], token?.['Limit']], ['CUSTOM_KEYS', 300]);
  assert.match(JSON.stringify(token?.['CustomKeys']), /"Header":\{"Name":"authorization".*"LOWERCASE".*"COMPRESS_WHITE_SPACE"/);
  const webhooks = byName.get('RateOfWebhooks')?.Statement.RateBasedStatement;
  assert.deepEqual([webhooks?.['AggregateKeyType'], webhooks?.['Limit']], ['IP', 7000]);
  assert.match(JSON.stringify(webhooks?.['ScopeDownStatement']), new RegExp(`^{"ByteMatchStatement":.*"SearchString":"${WEBHOOK_PATH}"`));
  for (const name of ['RateByAddress', 'RateByToken', 'RateOfWebhooks']) {
    const answer = byName.get(name)?.Action?.Block?.CustomResponse;
    assert.equal(answer?.ResponseCode, 429, name);
    assert.deepEqual(answer.ResponseHeaders, [{ Name: 'Retry-After', Value: '60' }], name);
  }
  const bodies = Object.values(Properties['CustomResponseBodies'] as Record<string, { ContentType: string; Content: string }>);
  assert.equal(bodies.length, 3);
  for (const { ContentType, Content } of bodies) {
    assert.equal(ContentType, 'APPLICATION_JSON');
    assert.deepEqual(Object.keys(JSON.parse(Content) as object), DOCUMENT.components.schemas['GatewayAnswer']?.required);
  }
  const unsigned = byName.get('UnsignedWebhooks');
  assert.equal(unsigned?.Action?.Block?.CustomResponse.ResponseCode, 400);
  assert.match(JSON.stringify(unsigned.Statement), new RegExp(`"SearchString":"${WEBHOOK_PATH}".*"NotStatement".*"stripe-signature"`));
  assert.equal(byName.get('BodySize')?.Action?.Block?.CustomResponse.ResponseCode, 413);
  const exchange = readFileSync(path.join(REPOSITORY_DIR, 'shared/http/src/exchange.rs'), 'utf8');
  const [, kibibytes] = /BODY_BYTES_MAX: usize = (\d+) \* 1024;/.exec(exchange) ?? [];
  assert.equal(BODY_BYTES_MAX, Number(kibibytes) * 1024, 'as the functions have it');
  const common = byName.get('AWSManagedRulesCommonRuleSet')?.Statement.ManagedRuleGroupStatement;
  assert.deepEqual(common?.RuleActionOverrides?.map(({ Name }) => Name), COUNTED);
  // AWS's list of the rules of this set that look into bodies.
  const ofBodies = ['CrossSiteScripting_BODY', 'EC2MetaDataSSRF_BODY', 'GenericLFI_BODY', 'GenericRFI_BODY', 'SizeRestrictions_BODY'];
  assert.deepEqual(ofBodies.filter((rule) => !COUNTED.includes(rule)), []);
});

test('addresses of viewers are kept for ninety days: in the log of the edge and in what the functions say', () => {
  const { template, paths } = synthesize(false);
  const { Logging: logging } = distribution(template);
  assert.notEqual(logging.IncludeCookies, true);
  const id = (logging.Bucket as { 'Fn::GetAtt': [string, string] })['Fn::GetAtt'][0];
  const rules = (template.Resources[id]?.Properties['LifecycleConfiguration'] as { Rules: unknown[] }).Rules;
  assert.deepEqual(rules, [{ ExpirationInDays: LOG_DAYS, Status: 'Enabled' }]);
  const serving = new Set(contractOfRepository().routes.map(({ functionName }) => `/aws/lambda/holdfast-${functionName}`));
  const kept = new Map(resourcesOf(template, 'AWS::Logs::LogGroup').map(([, one]) => [String(one.Properties['LogGroupName']), one.Properties['RetentionInDays']]));
  assert.deepEqual([...kept].filter(([, days]) => days === LOG_DAYS).map(([name]) => name).sort(), ['/aws/apigateway/holdfast', ...serving].sort());
  assert.equal(paths.get(id), 'Edge/Log');
});

test('nothing that a client writes is in the lines of the gateway, which escapes nothing', () => {
  const [stage] = resourcesOf(synthesize(false).template, 'AWS::ApiGatewayV2::Stage');
  const fields = JSON.parse((stage?.[1].Properties['AccessLogSettings'] as { Format: string }).Format) as Record<string, string>;
  const written = ['authorizer.error', 'authorizer.claims', 'identity.userAgent', 'path', 'domainName', 'error.message', 'customDomain'];
  assert.deepEqual(Object.values(fields).filter((value) => written.some((one) => value.startsWith(`$context.${one}`))), []);
});

type Headers = Record<string, { value: string }>;

function traced(sent: string | undefined, answered: string | undefined): string | undefined {
  const source = readFileSync(path.join(CDK_DIR, 'lib/foundations/cached-trace.js'), 'utf8');
  const headers = (value: string | undefined): Headers => (value === undefined ? {} : { traceparent: { value } });
  const event = { request: { headers: headers(sent) }, response: { statusCode: 200, headers: headers(answered) } };
  const answer = vm.runInNewContext(`${source}; handler(event)`, { event }) as { headers: Headers };
  return answer.headers['traceparent']?.value;
}

test('an answer that is kept is in the trace of whom it is given to', () => {
  const [own, others] = ['0af7651916cd43dd8448eb211c80319c', '1'.repeat(32)];
  const answered = `00-${others}-2222222222222222-01`;
  const inOwn = `00-${own}-2222222222222222-01`;
  assert.equal(traced(`00-${own}-b7ad6b7169203331-01`, answered), inOwn);
  assert.equal(traced(`01-${own}-b7ad6b7169203331-01-more`, answered), inOwn);
  for (const none of [undefined, '', 'x', `00-${own}-b7ad6b7169203331-01-more`, `ff-${own}-b7ad6b7169203331-01`, `00-${'0'.repeat(32)}-b7ad6b7169203331-01`]) {
    assert.equal(traced(none, answered), answered, none);
  }
  assert.equal(traced(`00-${own}-b7ad6b7169203331-01`, undefined), undefined);
});
