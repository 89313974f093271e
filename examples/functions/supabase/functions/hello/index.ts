/** Supabase's contract: a Request comes in, a Response goes out. Also for callers without a token (config.toml). */
import { cors } from '../_shared/cors.ts'

Deno.serve(async (request) => {
  if (request.method === 'OPTIONS') return new Response(null, { headers: cors })
  const { name = 'world' } = request.method === 'POST' ? await request.json() : {}
  return Response.json({ message: `Hello ${name}!` }, { headers: cors })
})
