/** Search: the read model, what keeps it, and what answers from it. */
import { Construct } from 'constructs';
import type { Foundations } from '../foundations.ts';
import { datedFacts, failureQueue, itemsWithSortKey, pages, readStream } from '../foundations/streams.ts';
import { queueTarget } from '../foundations/targets.ts';
import { HoldfastFunction } from '../holdfast-function.ts';

export class Search extends Construct {
  constructor(scope: Construct, id: string, foundations: Foundations) {
    super(scope, id);
    const search = new HoldfastFunction(this, foundations, {
      name: 'search',
      description: 'Search over the read model, and the calendar of one resource',
      ports: ['SearchIndex', 'ListedPages', 'CatalogueReader.resource', 'CatalogueReader.facts_of'],
    });
    foundations.api.serve(search, 'Search and the calendar of a resource are public by contract');

    const failures = failureQueue(this, foundations, 'projector');
    const projector = new HoldfastFunction(this, foundations, {
      name: 'projector',
      description: 'Keeps the read model of the search',
      ports: [
        'SearchIndexWriter',
        'CatalogueReader.resource',
        'CatalogueReader.stored_pages',
        'CatalogueReader.facts',
        'PoisonRecords',
      ],
      targets: { failureQueue: queueTarget(failures, 'HOLDFAST_FAILURE_QUEUE_URL') },
      timeoutSeconds: 60,
    });
    readStream(foundations, projector, failures, foundations.tables.ledger, {
      batchSize: 100,
      parallelizationFactor: 2,
      filters: [
        pages(['INSERT', 'MODIFY', 'REMOVE']),
        datedFacts(['INSERT', 'MODIFY']),
        itemsWithSortKey('R', ['INSERT', 'MODIFY', 'REMOVE']),
      ],
      alarmWhenBehind: true,
    });
  }
}
