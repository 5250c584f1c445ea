/**
 * What CloudFront takes from us-east-1 alone: the web ACL, with the alarm of what it refuses, and the certificate. On AWS they are a stack of their own there, whatever the
 * region of the rest; `make deploy` deploys it first and gives its outputs to the other as parameters (`docs/adr/0013-edge.md`).
 */
import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import { CfnCertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { Construct } from 'constructs';
import { Alarms } from './foundations/alarms.ts';
import { WebAcl } from './foundations/web-acl.ts';
import type { Domain } from './local-differences.ts';
import type { Settings } from './settings.ts';

export interface EdgeStackProps extends StackProps {
  readonly settings: Settings;
  readonly domain: Domain | undefined;
}

export class EdgeStack extends Stack {
  constructor(scope: Construct, id: string, props: EdgeStackProps) {
    super(scope, id, { ...props, env: { region: 'us-east-1' } });
    const { settings, domain } = props;
    const acl = new WebAcl(this, 'WebAcl', settings);
    // What a web ACL of a distribution counts is in this region alone, and so are the alarms of it.
    const { alarmTopicKey, removalPolicy } = settings.variant;
    const alarms = new Alarms(this, 'Observability', {
      topicKey: alarmTopicKey,
      monthlySpendUsd: undefined,
      alarmEmail: settings.alarmEmail,
      removalPolicy,
    });
    alarms.raise(this, 'EdgeRefusals', {
      anchor: 'edge-refusals',
      metric: acl.metricBlocked(Duration.minutes(5)),
      threshold: 500,
    });
    new CfnOutput(this, 'WebAclArn', { value: acl.arn });
    if (domain !== undefined) {
      new CfnOutput(this, 'CertificateArn', { value: domain.certificateArn ?? this.certificate(domain) });
    }
  }

  private certificate({ name, hostedZoneId }: Domain): string {
    return new CfnCertificate(this, 'Certificate', {
      domainName: name,
      validationMethod: 'DNS',
      ...(hostedZoneId === undefined ? {} : { domainValidationOptions: [{ domainName: name, hostedZoneId }] }),
    }).ref;
  }
}
