/** The four tables: the ledger, the hold records, what is confidential, and the read model of the search. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { AttributeType, BillingMode, ProjectionType, StreamViewType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { TableProps } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { pascalCase } from '../names.ts';
import type { Alarms } from './alarms.ts';

export const BY_GUEST_INDEX = 'by-guest';
/** Sparse: only bookings that await nothing but their end have its keys. */
export const BY_END_INDEX = 'by-end';

export interface TablesProps {
  readonly removalPolicy: RemovalPolicy;
  readonly deletionProtection: boolean;
}

export class Tables extends Construct {
  /** Resources, inventory pages, bookings and their audit events: the truth. Its stream is the outbox. */
  readonly ledger: Table;
  /** One record per hold. Losing one costs nothing: the page's hold expires by itself. */
  readonly holds: Table;
  /**
   * Task tokens, what customers have to do at their banks, and contacts: a partition for each kind and booking, so that grants tell them
   * apart, and no stream, so that nobody is told of them. Each item has its end.
   */
  readonly confidential: Table;
  /** Pages laid out for the search; rebuilt from the ledger at any time. */
  readonly search: Table;

  constructor(scope: Construct, id: string, props: TablesProps) {
    super(scope, id);
    const common: Partial<TableProps> = {
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: props.deletionProtection ? RemovalPolicy.RETAIN : props.removalPolicy,
      deletionProtection: props.deletionProtection,
    };
    const pk = { name: 'pk', type: AttributeType.STRING };
    const sk = { name: 'sk', type: AttributeType.STRING };

    this.ledger = new Table(this, 'Ledger', {
      ...common,
      partitionKey: pk,
      sortKey: sk,
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
    });
    this.ledger.addGlobalSecondaryIndex({
      indexName: BY_GUEST_INDEX,
      partitionKey: { name: 'guest', type: AttributeType.STRING },
      sortKey: { name: 'guest_sort', type: AttributeType.STRING },
      projectionType: ProjectionType.KEYS_ONLY,
    });
    this.ledger.addGlobalSecondaryIndex({
      indexName: BY_END_INDEX,
      partitionKey: { name: 'due', type: AttributeType.STRING },
      sortKey: { name: 'due_at', type: AttributeType.STRING },
      projectionType: ProjectionType.KEYS_ONLY,
    });

    this.holds = new Table(this, 'Holds', {
      ...common,
      partitionKey: pk,
      timeToLiveAttribute: 'ttl',
      stream: StreamViewType.OLD_IMAGE,
    });

    this.confidential = new Table(this, 'Confidential', { ...common, partitionKey: pk, timeToLiveAttribute: 'ttl' });

    this.search = new Table(this, 'Search', { ...common, partitionKey: pk, sortKey: sk });
  }

  /**
   * Makes the alarms of requests that the tables refuse as too many. A hot page is throttled for moments, and what waited is done
   * later: only minutes on end are one for people.
   */
  watchThrottles(alarms: Alarms): void {
    const watch = (table: Table, kind: 'Read' | 'Write', index?: string): Alarm =>
      alarms.raise(table, `${index === undefined ? '' : pascalCase(index)}${kind}sThrottled`, {
        anchor: 'tables-throttled',
        metric: new Metric({
          namespace: 'AWS/DynamoDB',
          metricName: `${kind}ThrottleEvents`,
          dimensionsMap: { TableName: table.tableName, ...(index === undefined ? {} : { GlobalSecondaryIndexName: index }) },
          period: Duration.minutes(1),
          statistic: Stats.SUM,
        }),
        threshold: 10,
        periods: 5,
      });
    for (const table of [this.ledger, this.holds, this.confidential, this.search]) {
      watch(table, 'Read');
      watch(table, 'Write');
    }
    // An index that is written to too much holds up the writes of its table.
    for (const index of [BY_GUEST_INDEX, BY_END_INDEX]) {
      watch(this.ledger, 'Read', index);
      watch(this.ledger, 'Write', index);
    }
  }
}
