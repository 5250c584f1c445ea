/** The app, synthesized with stand-ins for the functions' binaries, so that the template depends on this folder only. */
import { App, CfnElement, Tags } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contract } from '../lib/contract.ts';
import { EdgeStack } from '../lib/edge-stack.ts';
import { HoldfastStack } from '../lib/holdfast-stack.ts';
import { settingsFromContext } from '../lib/settings.ts';

export const CDK_DIR = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
export const REPOSITORY_DIR = path.resolve(CDK_DIR, '../..');

/** The workspace's functions: the folders below `functions/`. */
export const FUNCTION_NAMES: readonly string[] = readdirSync(path.join(REPOSITORY_DIR, 'functions')).sort();

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<Record<string, unknown>>;
  readonly Parameters: Readonly<Record<string, unknown>>;
}

export interface Synthesized {
  readonly stack: HoldfastStack;
  readonly template: Template;
  /** On AWS: what is in us-east-1. */
  readonly edgeTemplate: Template | undefined;
  readonly edgeStack: EdgeStack | undefined;
  /** What cdk-nag finds and nobody has acknowledged: rule and place. */
  readonly findings: readonly string[];
  /** Where each logical id comes from: path in the construct tree, without the stack and a last `Resource`. */
  readonly paths: ReadonlyMap<string, string>;
}

/** What a test may change: the folders of functions, the contract, and the stack before it is synthesized. */
export interface Changes {
  readonly functions?: readonly string[];
  readonly contract?: Contract;
  readonly adapt?: (stack: HoldfastStack) => void;
}

/** The stacks that tests have asked for without a folder and without changes, by `local`. */
const unchanged = new Map<boolean, Synthesized>();

export function synthesize(
  local: boolean,
  outdir?: string,
  context?: Readonly<Record<string, string>>,
  changes?: Changes,
): Synthesized {
  if (outdir !== undefined || context !== undefined || changes !== undefined) {
    return synthesized(local, outdir, context ?? {}, changes ?? {});
  }
  const one = unchanged.get(local) ?? synthesized(local, undefined, {}, {});
  unchanged.set(local, one);
  return one;
}

function synthesized(
  local: boolean,
  outdir: string | undefined,
  context: Readonly<Record<string, string>>,
  changes: Changes,
): Synthesized {
  const standIns = mkdtempSync(path.join(tmpdir(), 'holdfast-functions-'));
  try {
    for (const name of changes.functions ?? FUNCTION_NAMES) {
      mkdirSync(path.join(standIns, name));
      writeFileSync(path.join(standIns, name, 'bootstrap'), `stands in for ${name}\n`, { mode: 0o755 });
    }
    const fromFile = JSON.parse(readFileSync(path.join(CDK_DIR, 'cdk.json'), 'utf8')) as { context: Record<string, unknown> };
    const app = new App({
      ...(outdir === undefined ? {} : { outdir }),
      analyticsReporting: false,
      // cfn-lint does the same, and more, in `npm run lint:template`; this takes twice as long as all else.
      builtinCloudFormationValidation: false,
      context: {
        ...fromFile.context,
        local: String(local),
        lambdaDir: standIns,
        // The machine that runs the test must not show in the template.
        architecture: local ? 'x86_64' : 'arm64',
        ...context,
      },
    });
    const settings = settingsFromContext(app.node);
    const stack = new HoldfastStack(app, 'Holdfast', {
      description: 'Holdfast: holds, bookings and their payments',
      settings,
      ...(changes.contract === undefined ? {} : { contract: changes.contract }),
      ...(settings.variant.environment === undefined ? {} : { env: settings.variant.environment }),
    });
    const { edge } = settings.variant;
    const edgeStack =
      edge.kind === 'cloudfront'
        ? new EdgeStack(app, 'HoldfastEdge', { description: 'Holdfast: web ACL and certificate of the distribution', settings, domain: edge.domain })
        : undefined;
    changes.adapt?.(stack);
    Tags.of(app).add('application', 'holdfast');

    const assembly = app.synth();
    const template = assembly.getStackByName('Holdfast').template as Template;
    const edgeTemplate = edgeStack !== undefined ? (assembly.getStackByName('HoldfastEdge').template as Template) : undefined;
    const { violations } = new AwsSolutionsChecks(app).validateScope(app);
    const findings = violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => `${ruleName}: ${constructPath}`),
    );
    const elements = stack.node.findAll().filter(CfnElement.isCfnElement);
    const paths = new Map(
      elements.map((one): [string, string] => [
        String(stack.resolve(one.logicalId)),
        one.node.path.replace(/^Holdfast\//, '').replace(/\/Resource$/, ''),
      ]),
    );
    return { stack, template, edgeTemplate, edgeStack, findings, paths };
  } finally {
    rmSync(standIns, { recursive: true, force: true });
  }
}

/** Resources of one type, by logical id. */
export function resourcesOf(template: Template, type: string): [string, Resource][] {
  return Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);
}
