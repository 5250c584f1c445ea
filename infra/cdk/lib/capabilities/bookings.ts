/** Bookings: requesting, reading and cancelling them. Their payment is in `payments.ts`. */
import { Construct } from 'constructs';
import type { Foundations } from '../foundations.ts';
import { HoldfastFunction } from '../holdfast-function.ts';

export class Bookings extends Construct {
  constructor(scope: Construct, id: string, foundations: Foundations) {
    super(scope, id);
    const confirm = new HoldfastFunction(this, foundations, {
      name: 'confirm',
      description: 'Claims a hold, starts its booking saga and waits for it a while',
      ports: ['HoldReader', 'BookingReader', 'BookingStore', 'BookingSaga'],
      // The HTTP API gives up after 30 s; the function answers `pending` before that.
      timeoutSeconds: 29,
      memoryMegabytes: 512,
    });
    foundations.api.serve(confirm);

    const bookings = new HoldfastFunction(this, foundations, {
      name: 'bookings',
      description: 'Reads bookings, their history and their audit trail',
      ports: ['BookingReader', 'BookingHistory.bookings_of', 'BookingHistory.audit_trail'],
    });
    foundations.api.serve(bookings);

    const cancel = new HoldfastFunction(this, foundations, {
      name: 'cancel',
      description: 'Cancels a booking, frees its places and starts the settlement',
      ports: ['BookingReader', 'BookingStore', 'SagaCallbacks.task_token', 'SagaResumption', 'SettlementSaga'],
    });
    foundations.api.serve(cancel);
  }
}
