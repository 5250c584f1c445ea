/** What the Rust sources of the workspace say, as far as the infrastructure has to agree with them. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { FUNCTION_NAMES, REPOSITORY_DIR } from './synthesized.ts';

/** The composition of each function, `src/main.rs`, by the function's name. */
export function compositions(): ReadonlyMap<string, string> {
  return new Map(
    FUNCTION_NAMES.map((name) => [
      name,
      readFileSync(path.join(REPOSITORY_DIR, 'functions', name, 'src/main.rs'), 'utf8'),
    ]),
  );
}

/** The compositions of the programs that operators run, `tools/<name>/src/main.rs`, by the program's name. */
export function operatorsTools(): ReadonlyMap<string, string> {
  const tools = path.join(REPOSITORY_DIR, 'tools');
  return new Map(
    readdirSync(tools)
      .map((name) => [name, path.join(tools, name, 'src/main.rs')] as const)
      .filter(([, file]) => existsSync(file))
      .map(([name, file]) => [name, readFileSync(file, 'utf8')]),
  );
}

/** The sources of some crates below `shared/`, by their paths there. */
export function sourcesOf(crates: RegExp): ReadonlyMap<string, string> {
  const shared = path.join(REPOSITORY_DIR, 'shared');
  return new Map(
    readdirSync(shared, { recursive: true, encoding: 'utf8' })
      .filter((file) => /^[^/]+\/src\/.*\.rs$/.test(file) && crates.test(file.slice(0, file.indexOf('/'))))
      .map((file) => [file, readFileSync(path.join(shared, file), 'utf8')]),
  );
}

export interface Trait {
  /** The traits that it builds on. */
  readonly above: readonly string[];
  readonly methods: readonly string[];
}

/** The ports: the public traits of these sources, by name. */
export function traitsOf(sources: Iterable<string>): ReadonlyMap<string, Trait> {
  const found = [...sources].flatMap((text) => [...text.matchAll(/^pub trait (\w+)(?:: ([\w +]+))? \{$(.*?)^\}$/gms)]);
  return new Map(
    found.map(([, name = '', above = '', body = '']) => [
      name,
      { above: above.split(' + '), methods: captured(body, /^ {4}(?:async )?fn (\w+)/gm) },
    ]),
  );
}

/** The traits that each type implements, by the type's name. */
export function implementationsOf(sources: Iterable<string>): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [, trait = '', type = ''] of [...sources].flatMap((text) => [...text.matchAll(/^impl (\w+) for (\w+)/gm)])) {
    found.set(type, [...(found.get(type) ?? []), trait]);
  }
  return found;
}

/** The types that the fields of each struct name, by the struct's name. */
export function fieldsOf(sources: Iterable<string>): ReadonlyMap<string, readonly string[]> {
  const found = [...sources].flatMap((text) => [...text.matchAll(/^pub struct (\w+)(?:<[^{]*>)? \{$(.*?)^\}$/gms)]);
  const fields = (body: string): string => body.replace(/\/\/.*$/gm, '');
  return new Map(found.map(([, name = '', body = '']) => [name, captured(fields(body), /\b([A-Z]\w+)/g)]));
}

/** What every match of `pattern` captures first, each once, sorted. */
export function captured(text: string, pattern: RegExp): readonly string[] {
  return [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ''))].sort();
}
