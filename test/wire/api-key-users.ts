/** Users with API keys of theirs, for wire tests. */
import { createClient } from '@supabase/supabase-js'
import type { SupabaseClient } from '@supabase/supabase-js'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform, TestPlatformOptions } from '@basalt/server/testing'
import WebSocket from 'ws'

export const notes = `
  create table public.notes (
    id bigint generated always as identity primary key, user_id uuid not null default auth.uid(), body text not null
  );
  alter table public.notes enable row level security;
  create policy own on public.notes for all using (auth.uid() = user_id) with check (auth.uid() = user_id);
  grant all on public.notes to anon, authenticated, service_role;
  create function public.write_note(body text) returns bigint language sql as 'insert into public.notes (body) values (body) returning id';
  create function public.seen_headers() returns json language sql stable as 'select current_setting(''request.headers'')::json';
`

export function startWithKeys(options: TestPlatformOptions = {}): Promise<TestPlatform> {
  const config = { 'basalt.api_keys.enabled': true, ...options.config }
  return startTestPlatform({ ...options, config })
}

export function clientOf(server: TestPlatform, key: string): SupabaseClient {
  return createClient(server.url, key, {
    realtime: { transport: WebSocket as never },
    auth: { persistSession: false, autoRefreshToken: false },
  })
}

export interface KeyRow {
  readonly id: string
  readonly user_id: string
  readonly name: string
  readonly key: string
  readonly key_hash: string
  readonly rate_limit: number
  readonly usage_count: number
}

export interface KeyUser {
  readonly id: string
  readonly email: string
  readonly client: SupabaseClient
  readonly token: string
  /** Makes a key as the user. */
  makeKey(values?: Readonly<Record<string, unknown>>): Promise<KeyRow>
}

let users = 0

export async function newUser(server: TestPlatform): Promise<KeyUser> {
  const client = clientOf(server, server.platform.keys.anonKey)
  const email = `user-${++users}-${Date.now()}@example.com`
  const { data, error } = await client.auth.signUp({ email, password: 'correct horse battery' })
  if (error !== null || data.user === null || data.session === null)
    throw new Error('no sign-up', { cause: error })
  return {
    id: data.user.id,
    email,
    client,
    token: data.session.access_token,
    makeKey: async (values = {}) => {
      const row = {
        name: 'a key',
        permissions: { read: true, write: true },
        rate_limit: 1000,
        ...values,
      }
      const made = await client.from('api_keys').insert(row).select().single()
      if (made.error !== null) throw new Error(made.error.message, { cause: made.error })
      return made.data as KeyRow
    },
  }
}

export interface Told {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** A request with these headers and nothing else. */
export async function ask(
  server: TestPlatform,
  path: string,
  headers: Readonly<Record<string, string>>,
  init: { readonly method?: string; readonly body?: string } = {},
): Promise<Told> {
  const response = await fetch(`${server.url}${path}`, { ...init, headers })
  return { status: response.status, headers: response.headers, text: await response.text() }
}
