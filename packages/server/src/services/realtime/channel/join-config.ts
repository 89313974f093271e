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
    changes: Array.isArray(changes)
      ? (changes as unknown[]).filter((change): change is JsonObject => isJsonObject(change))
      : [],
    isLegacy: !Object.hasOwn(given, 'config'),
    token: tokenOf(given),
  }
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
