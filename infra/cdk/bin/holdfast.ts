#!/usr/bin/env node
/** Entry of the CDK app: one stack, made for AWS or (context `local=true`) for the local stack. */
import { App, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { HoldfastStack } from '../lib/holdfast-stack.ts';
import { settingsFromContext } from '../lib/settings.ts';

const app = new App();
const settings = settingsFromContext(app.node);

new HoldfastStack(app, 'Holdfast', {
  description: 'Holdfast: holds, bookings and their payments',
  settings,
  ...(settings.variant.environment === undefined ? {} : { env: settings.variant.environment }),
});

Tags.of(app).add('application', 'holdfast');
Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }));
app.synth();
