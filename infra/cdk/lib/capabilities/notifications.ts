/** Notifications: mails to guests. */
import { Duration } from 'aws-cdk-lib';
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
      ports: ['BookingReader', 'BookingContacts', 'GuestDirectory', 'CatalogueReader.resource', 'Mailer', 'MailCounts', 'SentMails'],
      timeoutSeconds: 30,
    });
    queue.feed(notify);

    foundations.alarms.raiseLogged(this, 'MailsWithoutAddress', {
      anchor: 'mails-without-address',
      log: notify.log,
      // The line of `shared/runtime/src/notifications/notify.rs` for each event of a booking.
      lines: { message: 'notice', outcome: 'NoAddress' },
      threshold: 10,
      within: Duration.hours(1),
    });

    foundations.alarms.raiseLogged(this, 'MailsWithheld', {
      anchor: 'mails-withheld',
      log: notify.log,
      // Likewise.
      lines: { message: 'notice', outcome: 'TooMany' },
      threshold: 10,
      within: Duration.hours(1),
    });
  }
}
