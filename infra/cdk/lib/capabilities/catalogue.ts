/** Resources: what can be booked, how much of it, and what it costs; and the properties that they belong to. */
import { Construct } from 'constructs';
import type { Foundations } from '../foundations.ts';
import { HoldfastFunction } from '../holdfast-function.ts';

export class Catalogue extends Construct {
  constructor(scope: Construct, id: string, foundations: Foundations) {
    super(scope, id);
    const resources = new HoldfastFunction(this, foundations, {
      name: 'resources',
      description: 'Reads resources and properties; operators write them, inventory and rates, stop holds, and read who did',
      ports: [
        'CatalogueReader.resource',
        'CatalogueReader.stored_pages',
        'CatalogueReader.stored_among',
        'CatalogueReader.facts',
        'Catalogue',
        'ResourceHistory',
        'HoldStopSwitch',
        'PropertyReader',
        'PropertyStore',
        'RateReader.rates',
        'RateStore',
        'RateHistory',
      ],
    });
    foundations.api.serve(resources, 'Reading a resource or a property is public by contract');
  }
}
