/** What browsers and followers of links rely on: origins, headers, `HEAD`, and the address that `Location` begins with. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { CORS_HEADERS } from '../lib/foundations/http-api.ts';
import { REPOSITORY_DIR, resourcesOf, synthesize } from './synthesized.ts';
import type { Template } from './synthesized.ts';

const ORIGINS = ['https://www.example.com', 'http://localhost:3000'];

function corsOf(template: Template): unknown {
  const [[, api] = ['', undefined]] = resourcesOf(template, 'AWS::ApiGatewayV2::Api');
  assert.ok(api);
  return api.Properties['CorsConfiguration'];
}

for (const local of [true, false]) {
  test(`without configuration no other origin may call, local ${local}`, () => {
    assert.equal(corsOf(synthesize(local).template), undefined);
  });

  test(`the configured origins may call, local ${local}`, () => {
    const { template, findings } = synthesize(local, undefined, { corsOrigins: ORIGINS.join(',') });
    assert.deepEqual(findings, []);
    assert.deepEqual(corsOf(template), {
      AllowOrigins: ORIGINS,
      AllowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      AllowHeaders: CORS_HEADERS.allowed,
      ExposeHeaders: CORS_HEADERS.exposed,
      MaxAge: 3600,
    });
  });
}

/** The names of all headers that the document knows, in small letters: those of requests and those of answers. */
function documented(): { readonly sent: ReadonlySet<string>; readonly answered: ReadonlySet<string> } {
  const sent = new Set<string>();
  const answered = new Set<string>();
  const walk = (part: unknown): void => {
    if (Array.isArray(part)) {
      part.forEach(walk);
    } else if (typeof part === 'object' && part !== null) {
      const { in: place, name, headers, content, description } = part as Record<string, unknown>;
      if (place === 'header') {
        sent.add(String(name).toLowerCase());
      }
      if (typeof headers === 'object' && headers !== null && (content !== undefined || description !== undefined)) {
        Object.keys(headers).forEach((header) => answered.add(header.toLowerCase()));
      }
      Object.values(part).forEach(walk);
    }
  };
  walk(JSON.parse(readFileSync(path.join(REPOSITORY_DIR, 'docs/openapi.json'), 'utf8')));
  return { sent, answered };
}

test('a browser may send and read every header that the document knows', () => {
  const { sent, answered } = documented();
  const known = (names: readonly string[]): ReadonlySet<string> => new Set(names.map((name) => name.toLowerCase()));
  // The provider is no browser; the cache headers of answers are readable without being exposed.
  const [allowed, exposed] = [known([...CORS_HEADERS.allowed, 'Stripe-Signature']), known([...CORS_HEADERS.exposed, 'Cache-Control'])];
  assert.ok(sent.size > 4 && answered.size > 4, `${[...sent].join()} ${[...answered].join()}`);
  assert.deepEqual([...sent].filter((name) => !allowed.has(name)), []);
  assert.deepEqual([...answered].filter((name) => !exposed.has(name)), []);
});

test('HEAD goes wherever GET goes, under the same scopes', () => {
  const routes = resourcesOf(synthesize(false).template, 'AWS::ApiGatewayV2::Route').map(([, { Properties }]) => Properties);
  const of = (method: string): ReadonlyMap<string, unknown> =>
    new Map(
      routes
        .filter(({ RouteKey }) => String(RouteKey).startsWith(`${method} `))
        .map(({ RouteKey, AuthorizationType, AuthorizationScopes, Target }) => [
          String(RouteKey).slice(method.length),
          { AuthorizationType, AuthorizationScopes, Target },
        ]),
    );
  assert.ok(of('GET').size > 5);
  assert.deepEqual(of('HEAD'), of('GET'));
});

test('functions behind the API know where clients reach it', () => {
  const addresses = (local: boolean, context: Readonly<Record<string, string>>): readonly unknown[] =>
    resourcesOf(synthesize(local, undefined, context).template, 'AWS::Lambda::Function')
      .map(([, { Properties }]) => (Properties['Environment'] as { Variables: Record<string, unknown> }).Variables)
      .flatMap((variables) => variables['HOLDFAST_PUBLIC_URL'] ?? []);
  const edge = addresses(false, {});
  assert.equal(edge.length, 7);
  assert.match(JSON.stringify(edge[0]), /https:\/\/.*EdgeDistribution\w+","DomainName"/);
  assert.equal(addresses(false, { domainName: 'booking.example.com', hostedZoneId: 'Z1' })[0], 'https://booking.example.com');
  const local = addresses(true, {});
  assert.equal(local.length, 7);
  assert.match(JSON.stringify(local[0]), /http:\/\/localhost:4566\/_aws\/execute-api\/.*Ref.*%24default/);
  assert.equal(addresses(false, { publicUrl: 'https://elsewhere.example.com' })[0], 'https://elsewhere.example.com');
});
