/** Resources: what can be booked, and how much of it. */
import { Construct } from 'constructs';
import type { Foundations } from '../foundations.ts';
import { HoldfastFunction } from '../holdfast-function.ts';

export class Catalogue extends Construct {
  constructor(scope: Construct, id: string, foundations: Foundations) {
    super(scope, id);
    const resources = new HoldfastFunction(this, foundations, {
      name: 'resources',
      description: 'Reads resources; operators write them and their inventory, stop new holds, and read who did',
      ports: [
        'CatalogueReader.resource',
        'CatalogueReader.stored_pages',
        'CatalogueReader.stored_among',
        'CatalogueReader.facts',
        'Catalogue',
        'ResourceHistory',
        'HoldStopSwitch',
      ],
    });
    foundations.api.serve(resources, 'Reading a resource is public by contract');
  }
}
