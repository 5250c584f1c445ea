/** Notifications: mails to guests. */
import { Construct } from 'constructs';
import type { Foundations } from '../foundations.ts';
import { ConsumerQueue } from '../foundations/event-bus.ts';
import { HoldfastFunction } from '../holdfast-function.ts';

export class Notifications extends Construct {
  constructor(scope: Construct, id: string, foundations: Foundations) {
    super(scope, id);
    const queue = new ConsumerQueue(this, foundations, {
      name: 'Notify',
      consumer: 'notify',
      description: 'Mails to guests',
    });
    const notify = new HoldfastFunction(this, foundations, {
      name: 'notify',
      description: 'Mails confirmations and cancellations to guests',
      ports: ['BookingReader', 'CatalogueReader.resource', 'Mailer'],
      timeoutSeconds: 30,
    });
    queue.feed(notify);
  }
}
