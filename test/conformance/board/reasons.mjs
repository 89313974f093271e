import { indexeddbReasons } from './indexeddb-reasons.mjs'

/**
 * Why tests of the upstream suites fail or skip themselves, by suite: `[name of the test or pattern, reason]`.
 * What is not here is shown as not explained; what is here and passes is told, too: both end the command with 1.
 */
const bytea =
  'a custom handler that returns `jsonb` answers JSON; PostgREST sends a byte 01 before it'
const safeupdate = 'loads the library pg-safeupdate, which is not packaged for Debian'
const upsertPlan = 'reads PostgREST’s own SQL out of the plan of an upsert'

const postgrest = [
  [/^Query\/CustomMediaSpec:(49|58|169|188):/, bytea],
  [/^Query\/PgSafeUpdateSpec:(18|31|37|48):/, safeupdate],
  [/^Query\/PlanSpec:453:/, upsertPlan],
]

export const reasons = {
  postgrest,
  'postgrest-embedded': [
    ...postgrest,
    [/^Query\/PlanSpec:62:/, 'the plan also lists `jit = off`, a setting of the embedded Postgres'],
  ],
  'postgrest-js': [
    [
      /^test\/v12\//,
      'asks a PostgREST 12 at port 3012 for how it differs from 14; the repository starts a container for these tests alone',
    ],
  ],
  storage: [
    [
      /^(admin|health)\.test\.ts: admin/,
      'supabase/storage’s own administration of its tenants; projects are administered by the control plane here',
    ],
    [/^cdn\.test\.ts: /, 'asks for a CDN in front of the service, or for its purge endpoint'],
    [/^iceberg\.test\.ts: /, 'analytics buckets are not there yet'],
    [/^vector\.test\.ts: /, 'vector buckets are not there yet'],
  ],
  indexeddb: indexeddbReasons,
}

/** What is not run at all, and why. */
export const notRun = [
  ['realtime-js', 'its tests ask a stub in their own process, never a server'],
  [
    'supabase-js in browsers, Expo and Next.js',
    'they load preview builds (pkg.pr.new), scripts (unpkg.com, deno.land) and browsers from hosts that could not be reached here',
  ],
  ['supabase-py', 'its packages come from PyPI, which could not be reached here'],
  [
    'tests within supabase/auth, supabase/storage and supabase/realtime (Go, TypeScript, Elixir)',
    'they call the code beside them, not a server at a URL',
  ],
  [
    'types of postgrest-js and supabase-js (tstyche, tsd)',
    'they compile the client; no server is asked',
  ],
]
