/**
 * What is declared in Rust and deployed here: routes from `docs/openapi.json`, the routing of events from
 * `docs/events/catalogue.json`. Tests in Rust hold both files against the code.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const DOCS_DIR = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../docs');

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;

/** An operation of the HTTP API. */
export interface Route {
  readonly method: (typeof METHODS)[number];
  readonly path: string;
  /** The folder below `functions/` that answers it. */
  readonly functionName: string;
  /** Any one of them suffices; without any the route needs no token. */
  readonly scopes: readonly string[];
  /** The names of its parameters in the query; others mean nothing to it. */
  readonly query: readonly string[];
}

/** A type of events in one of its versions. */
export interface EventVersion {
  readonly type: string;
  /** `dataschema` of its events. */
  readonly dataschema: string;
}

/** The events that go to each consumer, each in one version. */
export type Routing = ReadonlyMap<string, readonly EventVersion[]>;

export interface Contract {
  readonly routes: readonly Route[];
  readonly routing: Routing;
}

export function contractOfRepository(): Contract {
  return {
    routes: routesOf(document('openapi.json')),
    routing: routingOf(document('events/catalogue.json')),
  };
}

function document(file: string): unknown {
  return JSON.parse(readFileSync(path.join(DOCS_DIR, file), 'utf8'));
}

/**
 * Reads an OpenAPI document. Of each operation it takes the extension `x-function`, the parameters in the query (written in
 * place, as this document has them), and `security`: `[]` for a public route, else one requirement of one scope for each
 * scope that suffices, which is all that API Gateway can check.
 */
export function routesOf(openapi: unknown): Route[] {
  const { paths } = openapi as { paths: Record<string, Record<string, unknown>> };
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method] !== undefined).map((method): Route => {
      const operation = item[method] as {
        'x-function'?: string;
        security?: Record<string, string[]>[];
        parameters?: { in?: string; name?: string }[];
      };
      const name = `${method.toUpperCase()} ${path}`;
      const { 'x-function': functionName, security } = operation;
      if (functionName === undefined || security === undefined) {
        throw new Error(`${name}: an operation needs x-function and security`);
      }
      const scopes = security.map((requirement) => {
        const [scope, ...more] = Object.values(requirement).flat();
        if (scope === undefined || more.length > 0) {
          throw new Error(`${name}: a security requirement must name one scope`);
        }
        return scope;
      });
      const query = (operation.parameters ?? []).flatMap(({ in: place, name }) => (place === 'query' && name !== undefined ? [name] : []));
      return { method, path, functionName, scopes, query };
    }),
  );
}

/**
 * Reads a catalogue of events:
 *
 *     {"events": [{"type": "booking.confirmed", "versions": [{"version": 1, "dataschema": "urn:…:v1"}, …],
 *                  "consumers": [{"name": "notify", "version": 1}]}, …]}
 *
 * `type` is the event's name and its `detail-type` on the bus; `versions` are those that are published, each event once
 * in each; `consumers` are those that get it, by the names under which capabilities make their queues (`ConsumerQueue`),
 * and the version that the rule of each selects. A type without consumers is on the bus for those who subscribe.
 */
export function routingOf(catalogue: unknown): Routing {
  const { events } = catalogue as {
    events: readonly {
      type: string;
      versions: readonly { version: number; dataschema: string }[];
      consumers: readonly { name: string; version: number }[];
    }[];
  };
  const routing = new Map<string, EventVersion[]>();
  for (const { type, versions, consumers } of events) {
    for (const consumer of consumers) {
      const selected = versions.find(({ version }) => version === consumer.version);
      if (selected === undefined) {
        throw new Error(`${consumer.name} selects version ${consumer.version} of ${type}, which is not published`);
      }
      const known = routing.get(consumer.name) ?? [];
      routing.set(consumer.name, [...known, { type, dataschema: selected.dataschema }]);
    }
  }
  return routing;
}
