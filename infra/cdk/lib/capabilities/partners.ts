/** Partners: signed notifications of changed inventory. */
import { Construct } from 'constructs';
import type { Foundations } from '../foundations.ts';
import { ConsumerQueue } from '../foundations/event-bus.ts';
import { watchSecret } from '../foundations/secrets.ts';
import { HoldfastFunction } from '../holdfast-function.ts';

export class Partners extends Construct {
  constructor(scope: Construct, id: string, foundations: Foundations) {
    super(scope, id);
    const queue = new ConsumerQueue(this, foundations, {
      name: 'Partner',
      consumer: 'partner',
      description: 'Inventory changes to partners',
      enabled: foundations.settings.variant.partnerWebhookUrl !== undefined,
    });
    const partner = new HoldfastFunction(this, foundations, {
      name: 'partner',
      description: 'Notifies partners of changed inventory, signed',
      ports: ['PartnerEndpoint'],
      timeoutSeconds: 30,
    });
    watchSecret(this, 'SecretOld', foundations, partner);
    queue.feed(partner);
  }
}
