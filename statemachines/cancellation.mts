/** The settlement of a cancelled booking. `make machines` writes `cancellation.asl.json` from it. */
import type { MachineSource } from './language.mts';

export const cancellation: MachineSource = {
  name: 'cancellation',
  comment:
    'The money of a cancelled booking: voided or refunded once, or parked for a person. Its places were freed when it ' +
    "was cancelled. As in the booking's machine, what no Catch sees is put before a person by a rule on the status of " +
    'executions.',
  begin: { assign: {}, next: 'SettleCancellation' },
  states: {
    SettleCancellation: {
      does: 'Voids or refunds, once, by what the booking says; repeating it has no second effect',
      retry: 'hourProvider',
      outcomes: { settled: 'Finished' },
    },
    Finished: { output: "{'bookingId': $bookingId, 'outcome': 'settled'}" },
  },
  noted: [],
};
