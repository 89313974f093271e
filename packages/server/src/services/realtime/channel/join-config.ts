/** What a client asks for when it joins. What has the wrong type is as if it were not there. */
import { isJsonObject } from '#base/kernel'
import type { JsonObject } from '#base/kernel'

export interface JoinConfig {
  readonly ack: boolean
  readonly self: boolean
  readonly isPrivate: boolean
  readonly wantsReplicationReady: boolean
  readonly presence: { readonly isEnabled: boolean; readonly key: string }
  /** As sent; null when there is none. */
  readonly replay: unknown
  /** Changes are sent with their positions, first those behind `after`; null when that is not wanted. */
  readonly resume: { readonly after: string | null } | null
  /** The join is answered when its changes arrive, within this time; null answers at once. */
  readonly waitMs: number | null
  /** As sent, without nulls. */
  readonly changes: readonly JsonObject[]
  /** The payload has no `config`: the topic says which table is meant, as clients before 2022 had it. */
  readonly isLegacy: boolean
  /** The token of the payload; null takes that of the connection. */
  readonly token: string | null
}

export function parseJoin(payload: unknown): JoinConfig {
  const given = objectOf(payload)
  const config = objectOf(given['config'])
  const broadcast = objectOf(config['broadcast'])
  const presence = objectOf(config['presence'])
  const key = presence['key']
  const changes = config['postgres_changes']
  return {
    ack: isTrue(broadcast['ack']),
    self: isTrue(broadcast['self']),
    isPrivate: isTrue(config['private']),
    wantsReplicationReady: isTrue(broadcast['replication_ready']),
    presence: { isEnabled: isTrue(presence['enabled']), key: typeof key === 'string' ? key : '' },
    replay: broadcast['replay'] ?? null,
    resume: parseResume(config['resume'] ?? broadcast['resume']),
    waitMs: parseWait(objectOf(config['postgres_changes_options'])),
    changes: Array.isArray(changes)
      ? (changes as unknown[]).filter((change): change is JsonObject => isJsonObject(change))
      : [],
    isLegacy: !Object.hasOwn(given, 'config'),
    token: tokenOf(given),
  }
}

/** `true`, or `{ after: '<position>' }`. The stock client passes on what is in `broadcast`, not what is beside it. */
function parseResume(value: unknown): JoinConfig['resume'] {
  if (isTrue(value)) return { after: null }
  if (typeof value !== 'object' || value === null) return null
  const { after } = value as { after?: unknown }
  return { after: typeof after === 'string' ? after : null }
}

const waiting = { usualMs: 15_000, mostMs: 20_000 }

function parseWait({ wait, timeout }: Record<string, unknown>): number | null {
  if (!isTrue(wait)) return null
  const isTime = typeof timeout === 'number' && timeout > 0
  return Math.min(isTime ? timeout : waiting.usualMs, waiting.mostMs)
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
}

function isTrue(value: unknown): boolean {
  return value === true || value === 'true' || value === 'True'
}

/** Keys are no tokens: with one of them the connection's token is meant. */
function tokenOf(payload: Record<string, unknown>): string | null {
  const token = payload['user_token'] ?? payload['access_token']
  if (typeof token !== 'string' || token.startsWith('sb_')) return null
  return token
}
