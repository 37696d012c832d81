import proto, { type temporal } from '@temporalio/proto';

const { History } = proto.temporal.api.history.v1;
type IHistory = temporal.api.history.v1.IHistory;

/** A value of JSON. */
export type Json = string | number | boolean | null | Json[] | { readonly [name: string]: Json };

/** An event of a history as plain JSON; of its many attributes, those that are read here. */
export interface EventJson {
  readonly eventId: string;
  readonly eventType: string;
  readonly activityTaskScheduledEventAttributes?: { readonly activityType: { readonly name: string } };
  readonly activityTaskStartedEventAttributes?: { readonly scheduledEventId: string; readonly attempt: number; readonly identity: string };
  readonly activityTaskCompletedEventAttributes?: {
    readonly scheduledEventId: string;
    readonly result: { readonly payloads: readonly { readonly data: string }[] };
  };
}

/** A history as plain JSON. */
export interface HistoryJson {
  readonly events: readonly EventJson[];
}

/** A history as the server keeps it, as plain JSON; payloads in base64. */
export function historyToJson(history: IHistory): HistoryJson {
  return History.toObject(History.fromObject(history), { longs: String, bytes: String, enums: String }) as HistoryJson;
}

export function historyFromJson(json: unknown): temporal.api.history.v1.History {
  return History.fromObject(json as Record<string, unknown>);
}

/** Everything in a history as one text, what stands in payloads decoded. */
export function textOf(history: unknown): string {
  return JSON.stringify(mapPayloads(history as Json, (text) => text));
}

/** Replaces the text of each payload. */
export function mapPayloads(value: Json, map: (text: string) => string): Json {
  if (Array.isArray(value)) return value.map((item) => mapPayloads(item, map));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      name === 'data' && typeof item === 'string' ? map(Buffer.from(item, 'base64').toString('utf8')) : mapPayloads(item, map),
    ]),
  );
}
