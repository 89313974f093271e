/** Keys: made, rotated, listed and deleted by users, through supabase-js and so under the policies of the tables. */
import type { SupabaseClient } from '@supabase/supabase-js'
import { defineRoute } from '#http'
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

function asUser({ config, caller }: Context): SupabaseClient {
  return openClient(config.supabaseUrl, config.anonKey, caller.token ?? '')
}

export const keyRoutes = [
  defineRoute<Context>({
    method: 'POST',
    path: '/api/v1/keys',
    summary: 'Makes an API key; the answer is the only place where it stands.',
    tag: 'keys',
    permission: 'user',
    body: newKey,
    answers: { key: 'The key, this one time.' },
    handle: async (context, { input }) => {
      const client = asUser(context)
      const row = dataOf(await client.from('api_keys').insert(input).select(columns).single())
      const key = dataOf(await client.rpc('issue_api_key', { key_id: row.id }))
      return { status: 201, body: { ...row, key } }
    },
  }),
  defineRoute<Context>({
    method: 'GET',
    path: '/api/v1/keys',
    summary: 'Lists the keys of the user, newest first.',
    tag: 'keys',
    permission: 'user',
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
    handle: async (context, { path }) => {
      const key = dataOf(await asUser(context).rpc('issue_api_key', { key_id: path['id'] }))
      return { status: 200, body: { id: path['id'], key } }
    },
  }),
  defineRoute<Context>({
    method: 'DELETE',
    path: '/api/v1/keys/:id',
    summary: 'Deletes a key.',
    tag: 'keys',
    permission: 'user',
    handle: async (context, { path }) => {
      const query = asUser(context).from('api_keys').delete().eq('id', path['id'])
      dataOf(await query.select('id').single())
      return { status: 204 }
    },
  }),
]
