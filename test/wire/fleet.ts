/** What the tests of a fleet share. */
import { request } from 'node:http'
import { WebSocket } from 'ws'
import { createClient } from '@supabase/supabase-js'
import type { SupabaseClient } from '@supabase/supabase-js'
import type { ProjectRecord } from '@basalt/server/testing'

/** supabase-js for a project, which is named by its header. */
export function clientOf(
  url: string,
  ref: string,
  key: string,
  transport: typeof WebSocket = WebSocket,
): SupabaseClient {
  return createClient(url, key, {
    global: { headers: { 'x-project-ref': ref } },
    realtime: { transport: transport as never },
    auth: { persistSession: false, autoRefreshToken: false },
  })
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** A request with a `Host` of one's own, which fetch does not send. */
export function send(
  url: string,
  headers: Readonly<Record<string, string>>,
  options: { readonly method?: string; readonly body?: string } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: options.method ?? 'GET', headers }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (body += chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      )
    })
    outgoing.on('error', reject)
    outgoing.end(options.body)
  })
}

export function anonHeaders({ ref, keys }: Pick<ProjectRecord, 'ref' | 'keys'>) {
  return { 'x-project-ref': ref, apikey: keys.publishableKey }
}
