/** What the stack gives to every capability. */
import type { Alarms } from './foundations/alarms.ts';
import type { HoldfastBus } from './foundations/event-bus.ts';
import type { BookingApi } from './foundations/http-api.ts';
import type { Tables } from './foundations/tables.ts';
import type { Targets } from './ports.ts';
import type { Settings } from './settings.ts';

export interface Foundations {
  readonly settings: Settings;
  readonly tables: Tables;
  readonly bus: HoldfastBus;
  readonly api: BookingApi;
  readonly alarms: Alarms;
  /** What ports reach that belongs to no one capability. */
  readonly targets: Targets;
}
