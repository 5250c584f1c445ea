/** Search: the read model, what keeps it, and what answers from it. */
import { Construct } from 'constructs';
import type { Foundations } from '../foundations.ts';
import { datedFacts, itemsWithSortKey, pages, readStream } from '../foundations/streams.ts';
import { HoldfastFunction } from '../holdfast-function.ts';

export class Search extends Construct {
  constructor(scope: Construct, id: string, foundations: Foundations) {
    super(scope, id);
    const search = new HoldfastFunction(this, foundations, {
      name: 'search',
      description: 'Search over the read model, and the calendar of one resource',
      ports: ['SearchIndex', 'CatalogueReader.resource', 'CatalogueReader.pages'],
    });
    foundations.api.serve(search, 'Search and the calendar of a resource are public by contract');

    const projector = new HoldfastFunction(this, foundations, {
      name: 'projector',
      description: 'Keeps the read model of the search',
      ports: [
        'SearchIndexWriter',
        'CatalogueReader.resource',
        'CatalogueReader.stored_pages',
        'CatalogueReader.facts',
      ],
      timeoutSeconds: 60,
    });
    readStream(this, foundations, projector, foundations.tables.ledger, {
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
