/** Resources: what can be booked, how much of it, and what it costs. */
import { Construct } from 'constructs';
import type { Foundations } from '../foundations.ts';
import { HoldfastFunction } from '../holdfast-function.ts';

export class Catalogue extends Construct {
  constructor(scope: Construct, id: string, foundations: Foundations) {
    super(scope, id);
    const resources = new HoldfastFunction(this, foundations, {
      name: 'resources',
      description: 'Reads resources; operators write them, their inventory and rates, stop new holds, and read who did',
      ports: [
        'CatalogueReader.resource',
        'CatalogueReader.stored_pages',
        'CatalogueReader.stored_among',
        'CatalogueReader.facts',
        'Catalogue',
        'ResourceHistory',
        'HoldStopSwitch',
        'RateReader',
        'RateStore',
        'RateHistory',
      ],
    });
    foundations.api.serve(resources, 'Reading a resource is public by contract');
  }
}
