/** The three tables: the ledger, the hold records, and the read model of the search. */
import type { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, StreamViewType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { TableProps } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';

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
  /** Pages laid out for the search; rebuilt from the ledger at any time. */
  readonly search: Table;

  constructor(scope: Construct, id: string, props: TablesProps) {
    super(scope, id);
    const common: Partial<TableProps> = {
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: props.removalPolicy,
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

    this.search = new Table(this, 'Search', { ...common, partitionKey: pk, sortKey: sk });
  }
}
