/** supabase-js without sessions and without sockets. */
import { createClient } from '@supabase/supabase-js'
import type { SupabaseClient } from '@supabase/supabase-js'
import type { CodeConfig } from '#config'

/** Node before 22 has no WebSocket, and the client asks for one even where no channel is opened. */
class NoSocket {
  constructor() {
    throw new Error('this client opens no channels')
  }
}

type Project = Pick<CodeConfig, 'supabaseUrl' | 'queryTimeoutMs'>

/** `token`: of a user, in place of the key's own role. */
export function openClient(project: Project, key: string, token?: string): SupabaseClient {
  const { supabaseUrl, queryTimeoutMs } = project
  return createClient(supabaseUrl, key, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    realtime: { transport: NoSocket as never },
    global: {
      fetch: within(queryTimeoutMs),
      ...(token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } }),
    },
  })
}

/** All that was found in a repository goes with it: who gives up undoes that. */
const timesOfDeletion = 10

/** A project whose host is gone without a word is waited for no longer. */
function within(timeoutMs: number): typeof fetch {
  return async (input, init) => {
    const late = new AbortController()
    const signal = init?.signal ? AbortSignal.any([init.signal, late.signal]) : late.signal
    const times = init?.method === 'DELETE' ? timesOfDeletion : 1
    // an AbortError: after a TimeoutError the client would ask three times more
    setTimeout(() => late.abort(), timeoutMs * times).unref()
    return fetch(input, { ...init, signal })
  }
}
