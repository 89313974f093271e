/** supabase-js without sessions and without sockets. */
import { createClient } from '@supabase/supabase-js'
import type { SupabaseClient } from '@supabase/supabase-js'

/** Node before 22 has no WebSocket, and the client asks for one even where no channel is opened. */
class NoSocket {
  constructor() {
    throw new Error('this client opens no channels')
  }
}

/** `token`: of a user, in place of the key's own role. */
export function openClient(url: string, key: string, token?: string): SupabaseClient {
  return createClient(url, key, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    realtime: { transport: NoSocket as never },
    ...(token === undefined ? {} : { global: { headers: { Authorization: `Bearer ${token}` } } }),
  })
}
