/** Keys: made, rotated, listed and deleted by users, through supabase-js and so under the policies of the tables. */
import type { SupabaseClient } from '@supabase/supabase-js'
import { CodeError } from '#core'
import { defineRoute, schema, uuidOf } from '#http'
import type { Fields } from '#http'
import { dataOf } from './context.ts'
import type { Context } from './context.ts'
import { openClient } from './open-client.ts'

const columns =
  'id, name, permissions, rate_limit, monthly_quota, usage_count, last_used_at, expires_at, allowed_ips, created_at'

const newKey: Fields = {
  name: { type: 'string', description: 'What it is for', required: true, maximum: 200 },
  permissions: { type: 'object', description: '{"read": true, "write": false}' },
  rate_limit: { type: 'integer', description: 'Requests a minute', maximum: 1_000, default: 60 },
  monthly_quota: {
    type: 'integer',
    description: 'Requests a month',
    maximum: 1_000_000,
    default: 1_000_000,
  },
  expires_at: { type: 'string', description: 'ISO 8601; null: never', nullable: true, maximum: 40 },
  allowed_ips: { type: 'array', description: 'Ranges like 10.0.0.0/8; null: any', nullable: true },
}

const { anyObject, integer, listOf, named, objectOf, orNull, text, time, uuid } = schema

const row = {
  id: uuid,
  name: text,
  permissions: anyObject,
  rate_limit: integer,
  monthly_quota: integer,
  usage_count: integer,
  last_used_at: orNull(time),
  expires_at: orNull(time),
  allowed_ips: orNull(listOf(text)),
  created_at: time,
}
const key = { ...text, description: 'The key, this one time' }

/** `{"read": "yes"}` would be a key that may nothing; other members are the application's. @throws invalid_request */
function checkPermissions(permissions: unknown): void {
  const { read = false, write = false } = Object(permissions ?? {}) as Record<string, unknown>
  if (typeof read === 'boolean' && typeof write === 'boolean') return
  throw new CodeError('invalid_request', {
    details: { fields: { permissions: 'read or write is neither true nor false' } },
  })
}

function asUser({ config, caller }: Context): SupabaseClient {
  return openClient(config, config.anonKey, caller.token ?? '')
}

export const keyRoutes = [
  defineRoute<Context>({
    method: 'POST',
    path: '/api/v1/keys',
    summary: 'Makes an API key; the answer is the only place where it stands.',
    tag: 'keys',
    permission: 'user',
    body: newKey,
    answers: named('NewKey', objectOf({ ...row, key })),
    handle: async (context, { input }) => {
      checkPermissions(input['permissions'])
      const client = asUser(context)
      const made = dataOf(await client.from('api_keys').insert(input).select(columns).single())
      const issued = dataOf(await client.rpc('issue_api_key', { key_id: made.id }))
      return { status: 201, body: { ...made, key: issued } }
    },
  }),
  defineRoute<Context>({
    method: 'GET',
    path: '/api/v1/keys',
    summary: 'Lists the keys of the user, newest first.',
    tag: 'keys',
    permission: 'user',
    answers: objectOf({ keys: listOf(named('Key', objectOf(row))) }),
    handle: async (context) => {
      const query = asUser(context).from('api_keys').select(columns)
      const keys = dataOf(await query.order('created_at', { ascending: false }).limit(100))
      return { status: 200, body: { keys } }
    },
  }),
  defineRoute<Context>({
    method: 'POST',
    path: '/api/v1/keys/:id/rotate',
    summary: 'A new key in place of the old one, which ends at once.',
    tag: 'keys',
    permission: 'user',
    answers: objectOf({ id: uuid, key }),
    handle: async (context, { path }) => {
      const id = uuidOf(path)
      const issued = dataOf(await asUser(context).rpc('issue_api_key', { key_id: id }))
      return { status: 200, body: { id, key: issued } }
    },
  }),
  defineRoute<Context>({
    method: 'DELETE',
    path: '/api/v1/keys/:id',
    summary: 'Deletes a key.',
    tag: 'keys',
    permission: 'user',
    handle: async (context, { path }) => {
      const query = asUser(context).from('api_keys').delete().eq('id', uuidOf(path))
      dataOf(await query.select('id').single())
      return { status: 204 }
    },
  }),
]
