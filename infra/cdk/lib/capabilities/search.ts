/** Search: the read model, what keeps it, and what answers from it; and what stays cost. */
import { Construct } from 'constructs';
import type { Foundations } from '../foundations.ts';
import { watchSecret } from '../foundations/secrets.ts';
import { datedFacts, failureQueue, itemsWithSortKey, pages, properties, rates, readStream } from '../foundations/streams.ts';
import { queueTarget } from '../foundations/targets.ts';
import { HoldfastFunction } from '../holdfast-function.ts';

export class Search extends Construct {
  constructor(scope: Construct, id: string, foundations: Foundations) {
    super(scope, id);
    const search = new HoldfastFunction(this, foundations, {
      name: 'search',
      description: 'Search over the read model, the calendar of one resource, and quotes',
      ports: [
        'SearchIndex',
        'ListedPages',
        'CatalogueReader.resource',
        'CatalogueReader.facts_of',
        'RateReader.rates',
        'PropertyReader',
        'PromotionUses',
        'CodeTries',
        'QuoteSeals',
      ],
    });
    watchSecret(this, 'SecretOld', foundations, search);
    foundations.api.serve(search, 'Search, the calendar of a resource and quotes are public by contract');

    const failures = failureQueue(this, foundations, 'projector');
    const projector = new HoldfastFunction(this, foundations, {
      name: 'projector',
      description: 'Keeps the read model of the search',
      ports: [
        'SearchIndexWriter',
        'CatalogueReader.resource',
        'CatalogueReader.stored_pages',
        'CatalogueReader.facts',
        'RateReader.all_rates',
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
        rates(['INSERT', 'MODIFY']),
        itemsWithSortKey('R', ['INSERT', 'MODIFY', 'REMOVE']),
        properties(['INSERT', 'MODIFY']),
      ],
      alarmWhenBehind: true,
    });
  }
}
