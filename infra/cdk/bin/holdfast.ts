#!/usr/bin/env node
/** Entry of the CDK app: the stack, made for AWS or (context `local=true`) for the local stack, and on AWS what is in us-east-1. */
import { App, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { EdgeStack } from '../lib/edge-stack.ts';
import { HoldfastStack } from '../lib/holdfast-stack.ts';
import { settingsFromContext } from '../lib/settings.ts';

const app = new App();
const settings = settingsFromContext(app.node);

new HoldfastStack(app, 'Holdfast', {
  description: 'Holdfast: holds, bookings and their payments',
  settings,
  ...(settings.variant.environment === undefined ? {} : { env: settings.variant.environment }),
});

const { edge } = settings.variant;
if (edge.kind === 'cloudfront') {
  new EdgeStack(app, 'HoldfastEdge', {
    description: 'Holdfast: web ACL and certificate of the distribution',
    settings,
    domain: edge.domain,
  });
}

Tags.of(app).add('application', 'holdfast');
Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }));
app.synth();
