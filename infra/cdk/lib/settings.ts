/** What the context (`-c name=value`, `cdk.json`) says, read once and checked. */
import type { Node } from 'constructs';
import { positiveInteger, variantFor } from './local-differences.ts';
import type { ContextText, Variant } from './local-differences.ts';

export interface Settings {
  readonly variant: Variant;
  /** Sender of the mails to guests; a verified SES identity on AWS. */
  readonly mailFrom: string;
  /** Filter of the functions' logs, in the syntax of `tracing`. */
  readonly logFilter: string;
  /** Where alarms are mailed; without it the topic has no subscriber. */
  readonly alarmEmail: string | undefined;
  /** Requests a second that the API lets through, and how many at once. */
  readonly throttleRateLimit: number;
  readonly throttleBurstLimit: number;
  /** Where the guests' sign-in may return to. */
  readonly guestCallbackUrls: readonly string[];
  /** Origins whose pages may call the API from a browser; none if empty. */
  readonly corsOrigins: readonly string[];
}

export function settingsFromContext(node: Node): Settings {
  const text: ContextText = (name) => {
    const value: unknown = node.tryGetContext(name);
    return value === undefined || value === null || value === '' ? undefined : String(value);
  };
  return {
    variant: variantFor(flag('local', text('local')), text),
    mailFrom: text('mailFrom') ?? 'bookings@example.com',
    logFilter: text('logFilter') ?? 'info',
    alarmEmail: text('alarmEmail'),
    throttleRateLimit: positiveInteger('throttleRateLimit', text('throttleRateLimit') ?? '1000'),
    throttleBurstLimit: positiveInteger('throttleBurstLimit', text('throttleBurstLimit') ?? '2000'),
    guestCallbackUrls: (text('guestCallbackUrls') ?? 'http://localhost:3000/callback').split(','),
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
