/** What the context (`-c name=value`, `cdk.json`) says, read once and checked. */
import type { Node } from 'constructs';
import { reservations } from './concurrency.ts';
import { positiveInteger, variantFor } from './local-differences.ts';
import type { ContextText, Variant } from './local-differences.ts';

export interface Settings {
  readonly variant: Variant;
  /** Sender of the mails to guests; a verified SES identity on AWS. */
  readonly mailFrom: string;
  /** The same, if it was named: then the user pool sends its mails from it too. */
  readonly namedMailFrom: string | undefined;
  /** Filter of the functions' logs, in the syntax of `tracing`. */
  readonly logFilter: string;
  /** Where alarms are mailed; without it the topic has no subscriber. */
  readonly alarmEmail: string | undefined;
  /** US dollars that the account may be charged in a month; at four fifths of it an alarm is mailed. */
  readonly monthlySpendUsd: number;
  /** How many executions at a time are kept for which function, and are all that it gets. */
  readonly reservedConcurrency: ReadonlyMap<string, number>;
  /** Requests a second that the API lets through on a route, and how many at once. */
  readonly throttleRateLimit: number;
  readonly throttleBurstLimit: number;
  /** The same of a route that anybody may call, except for the provider's. */
  readonly publicRateLimit: number;
  readonly publicBurstLimit: number;
  /** Requests that one address, and one token, may send in five minutes before the edge refuses more. */
  readonly requestsPerAddress: number;
  readonly requestsPerToken: number;
  /** Which of the edge's keys is in use; counted up by one to rotate it. */
  readonly edgeKey: number;
  /** Whether the user pools look for stolen passwords and strange sign-ins, at a price per person. */
  readonly threatProtection: boolean;
  /** Where the guests' sign-in may return to; until one is named, nobody signs in. */
  readonly guestCallbackUrls: readonly string[];
  /** Where the sign-in of staff may return to; until one is named, no person signs in. */
  readonly staffCallbackUrls: readonly string[];
  /** Origins whose pages may call the API from a browser; none if empty. */
  readonly corsOrigins: readonly string[];
}

export function settingsFromContext(node: Node): Settings {
  const text: ContextText = (name) => {
    const value: unknown = node.tryGetContext(name);
    return value === undefined || value === null || value === '' ? undefined : String(value);
  };
  const optional = (name: string): number | undefined => {
    const value = text(name);
    return value === undefined ? undefined : positiveInteger(name, value);
  };
  return {
    variant: variantFor(flag('local', text('local')), text),
    mailFrom: text('mailFrom') ?? 'bookings@example.com',
    namedMailFrom: text('mailFrom'),
    logFilter: text('logFilter') ?? 'info',
    alarmEmail: text('alarmEmail'),
    monthlySpendUsd: positiveInteger('monthlySpendUsd', text('monthlySpendUsd') ?? '200'),
    reservedConcurrency: reservations(optional('accountConcurrency')),
    throttleRateLimit: positiveInteger('throttleRateLimit', text('throttleRateLimit') ?? '1000'),
    throttleBurstLimit: positiveInteger('throttleBurstLimit', text('throttleBurstLimit') ?? '2000'),
    publicRateLimit: positiveInteger('publicRateLimit', text('publicRateLimit') ?? '200'),
    publicBurstLimit: positiveInteger('publicBurstLimit', text('publicBurstLimit') ?? '400'),
    requestsPerAddress: positiveInteger('requestsPerAddress', text('requestsPerAddress') ?? '3000'),
    requestsPerToken: positiveInteger('requestsPerToken', text('requestsPerToken') ?? '1500'),
    edgeKey: positiveInteger('edgeKey', text('edgeKey') ?? '1'),
    threatProtection: flag('threatProtection', text('threatProtection')),
    guestCallbackUrls: text('guestCallbackUrls')?.split(',') ?? [],
    staffCallbackUrls: text('staffCallbackUrls')?.split(',') ?? [],
    corsOrigins: (text('corsOrigins')?.split(',') ?? []).map(origin),
  };
}

/** Scheme, host and port, as a browser writes them. */
function origin(text: string): string {
  if (!/^https?:\/\/[a-z0-9.-]+(:[0-9]+)?$/.test(text)) {
    throw new Error(`context corsOrigins: "${text}" is not an origin such as https://www.example.com`);
  }
  return text;
}

function flag(name: string, text: string | undefined): boolean {
  switch (text ?? 'false') {
    case 'true':
      return true;
    case 'false':
      return false;
    default:
      throw new Error(`context ${name}: "${text}" is neither true nor false`);
  }
}
