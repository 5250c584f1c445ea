/** Bookings: requesting, reading and cancelling them, and their receipts. Their payment is in `payments.ts`. */
import { Construct } from 'constructs';
import type { Foundations } from '../foundations.ts';
import { ConsumerQueue } from '../foundations/event-bus.ts';
import { HoldfastFunction } from '../holdfast-function.ts';

/** Of functions that wait for a saga. The HTTP API gives up after 30 s; they answer how far it is before that. */
const WAITING_SECONDS = 29;

export class Bookings extends Construct {
  constructor(scope: Construct, id: string, foundations: Foundations) {
    super(scope, id);
    const confirm = new HoldfastFunction(this, foundations, {
      name: 'confirm',
      description: 'Claims a hold, starts its booking saga and waits for it a while',
      ports: [
        'HoldReader',
        'BookingReader',
        'BookingStore',
        'BookingStore.commit:Claim',
        'AttemptReader',
        'CustomerActions',
        'BookingSaga',
      ],
      timeoutSeconds: WAITING_SECONDS,
      memoryMegabytes: 512,
    });
    foundations.api.serve(confirm);

    const bookings = new HoldfastFunction(this, foundations, {
      name: 'bookings',
      description: 'Reads bookings, their history, their audit trail and their receipts',
      ports: [
        'BookingReader',
        'BookingContacts',
        'CustomerActions',
        'BookingHistory.bookings_of',
        'BookingHistory.audit_trail',
        'ReceiptReader',
      ],
    });
    foundations.api.serve(bookings);

    const cancel = new HoldfastFunction(this, foundations, {
      name: 'cancel',
      description: 'Cancels a booking, frees its places and starts the settlement',
      ports: [
        'BookingReader',
        'BookingStore',
        'BookingStore.commit:Abandon',
        'BookingStore.commit:Free',
        'SagaCallbacks.task_token',
        'SagaResumption',
        'SettlementSaga',
      ],
      timeoutSeconds: WAITING_SECONDS,
    });
    foundations.api.serve(cancel);

    const queue = new ConsumerQueue(this, foundations, {
      name: 'Receipts',
      consumer: 'receipts',
      description: 'Money that moved, to be receipted',
    });
    const receipts = new HoldfastFunction(this, foundations, {
      name: 'receipts',
      description: 'Issues the receipts of bookings under numbers without a gap',
      ports: ['BookingReader', 'BookingHistory.audit_trail', 'PropertyReader', 'ReceiptReader', 'ReceiptStore'],
      timeoutSeconds: 30,
    });
    queue.feed(receipts);
  }
}
