/** `node examples/api-keys/run.mjs`, while the project runs in another terminal. */
import WebSocket from 'ws'
import { keyJourney } from './key-journey.mjs'

const url = process.env.SUPABASE_URL ?? 'http://127.0.0.1:54321'
// The key every local project has; `basalt status` prints it.
const anonKey = process.env.SUPABASE_ANON_KEY ?? 'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH'

// Node before 22 has no WebSocket of its own, and the client wants one
await keyJourney({
  url,
  anonKey,
  realtime: { transport: WebSocket },
  log: (line) => console.log(`ok  ${line}`),
})
