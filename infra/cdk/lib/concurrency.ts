/**
 * How the account's concurrent executions are divided.
 *
 * An account has one number of executions for all functions. Whoever may call a public route could use them up, and then no
 * saga takes a step, no notification of the provider is heard and nothing is published. A reserved number is both: so many are
 * kept for the function, and it never has more.
 */

interface Share {
  /** Hundredths of what the account allows. */
  readonly percent: number;
  readonly because: string;
}

/** What the functions get whose stopping holds up money or places: an alarm says when one of them needs more. */
export const KEPT: Readonly<Record<string, Share>> = {
  'payment': { percent: 25, because: 'takes the steps of the sagas' },
  'stripe-webhook': { percent: 8, because: 'hears what happened to payments' },
  'hold-expiry': { percent: 4, because: 'starts what a function that died has left undone' },
  'relay': { percent: 4, because: 'publishes what all consumers act on' },
};

/** What the functions get at most that anybody may call who can reach the API, with a token or without. */
export const CAPPED: Readonly<Record<string, Share>> = {
  'search': { percent: 10, because: 'needs no token' },
  'resources': { percent: 5, because: 'needs no token to read; operators write a few' },
  'hold': { percent: 12, because: 'is what a crowd calls first, and soon done' },
  'confirm': { percent: 15, because: 'waits for sagas, which wait for `payment`: it bounds who waits at a time' },
  'bookings': { percent: 4, because: 'reads what its caller has' },
  'cancel': { percent: 3, because: 'waits for settlements, as `confirm` for sagas' },
};

/** What the functions share that nobody can call: something else bounds how many run at a time. */
export const SHARED: Readonly<Record<string, string>> = {
  'completion': 'one run each quarter of an hour',
  'reconciliation': 'one run each hour',
  'projector': "two for each shard of the ledger's stream; search is late without it, and nothing else",
  'notify': 'its queue waits; a mail may be late',
  'partner': 'its queue waits; a change may be late',
  'receipts': 'its queue waits; a receipt may be late, and no payment waits for it',
};

/** What has to stay unreserved, by rule of Lambda: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html */
const UNRESERVED_MIN = 100;
/** Below it a function is not helped but stopped. */
const RESERVED_MIN = 5;

/**
 * The reservations, by function, of an account that allows `executions` at once to this stack: each function's share, less where
 * too little would stay unreserved. None at all where the smallest of them would be too small, or nothing is known of the account.
 */
export function reservations(executions: number | undefined): ReadonlyMap<string, number> {
  const shares = Object.entries({ ...KEPT, ...CAPPED });
  const percent = shares.reduce((sum, [, share]) => sum + share.percent, 0);
  const most = executions === undefined ? 0 : Math.min((executions * percent) / 100, executions - UNRESERVED_MIN);
  const parts = shares.map(([name, share]): [string, number] => [name, Math.floor((most * share.percent) / percent)]);
  return new Map(parts.every(([, part]) => part >= RESERVED_MIN) ? parts : []);
}
