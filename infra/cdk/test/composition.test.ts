/**
 * A function has the ports that its `main.rs` composes: those that its use cases take, and that an adapter made there
 * implements.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HoldfastFunction } from '../lib/holdfast-function.ts';
import { captured, compositions, fieldsOf, implementationsOf, operatorsTools, sourcesOf, traitsOf } from './sources.ts';
import { synthesize } from './synthesized.ts';

/** Secrets are read for an adapter, not for a use case: their grant comes with the port of that adapter. */
const FOR_ADAPTERS = ['SecretReader'];

const traits = traitsOf(sourcesOf(/^app$/).values());
const adapters = implementationsOf(sourcesOf(/^adapters-/).values());
const users = fieldsOf(sourcesOf(/^(app|api|runtime)$/).values());

/** The traits that a composition makes adapters of, by adapter. */
function composed(main: string): ReadonlyMap<string, readonly string[]> {
  const made = captured(main, /\b([A-Z]\w+)::new\b/g);
  const ports = (type: string): readonly string[] =>
    (adapters.get(type) ?? []).filter((trait) => traits.has(trait) && !FOR_ADAPTERS.includes(trait));
  return new Map(made.map((type) => [type, ports(type)] as const).filter(([, those]) => those.length > 0));
}

/** The traits that the use cases and handlers of a composition take, with those that these build on. */
function taken(main: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [...captured(main, /\b([A-Z]\w+)::new\b/g)];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (!seen.has(name)) {
      seen.add(name);
      open.push(...(traits.get(name)?.above ?? users.get(name) ?? []));
    }
  }
  return new Set([...seen].filter((name) => traits.has(name)));
}

/** What the ports of functions and their compositions do not agree on. */
function differences(ports: ReadonlyMap<string, readonly string[]>, mains: ReadonlyMap<string, string>): readonly string[] {
  return [...mains].flatMap(([name, main]) => {
    const listed = new Set((ports.get(name) ?? []).map((port) => port.split('.')[0] ?? ''));
    const wanted = taken(main);
    const all = composed(main);
    const needed = new Set([...all.values()].flat().filter((trait) => wanted.has(trait)));
    return [
      ...[...all].filter(([, those]) => !those.some((trait) => wanted.has(trait))).map(([type]) => `${name}: unused ${type}`),
      ...[...needed].filter((trait) => !listed.has(trait)).map((trait) => `${name}: missing ${trait}`),
      ...[...listed].filter((trait) => !needed.has(trait)).map((trait) => `${name}: needless ${trait}`),
    ];
  });
}

function portsOfStack(): Map<string, readonly string[]> {
  return new Map(HoldfastFunction.below(synthesize(false).stack).map(({ name, ports }) => [name, ports]));
}

test('a function has the ports of the adapters that it composes, and no other', () => {
  assert.deepEqual(differences(portsOfStack(), compositions()), []);
});

test('every adapter is composed somewhere', () => {
  const mains = [...compositions().values(), ...operatorsTools().values()];
  const somewhere = new Set(mains.flatMap((main) => [...composed(main).keys()]));
  const known = [...adapters].filter(([, those]) => those.some((one) => traits.has(one) && !FOR_ADAPTERS.includes(one)));
  assert.deepEqual([...somewhere].sort(), known.map(([type]) => type).sort());
});

test('control: an adapter without its port, a port without its adapter and an adapter without a use are found', () => {
  const ports = portsOfStack();
  const without = (name: string, port: string): readonly string[] => (ports.get(name) ?? []).filter((one) => one !== port);
  ports.set('reconciliation', without('reconciliation', 'SagaResumption'));
  ports.set('confirm', without('confirm', 'AttemptReader'));
  ports.set('relay', [...(ports.get('relay') ?? []), 'Mailer']);
  const mains = new Map(compositions());
  mains.set('search', `${mains.get('search') ?? ''}\nSqsTimers::new(sqs, url);`);
  assert.deepEqual([...differences(ports, mains)].sort(), [
    'confirm: missing AttemptReader',
    'reconciliation: missing SagaResumption',
    'relay: needless Mailer',
    'search: unused SqsTimers',
  ]);
});
