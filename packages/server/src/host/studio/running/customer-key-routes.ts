/** Keys of the project's customers, and what was asked with them lately. */
import {
  anyObject,
  apiErrors,
  integer,
  isoOf,
  listOf,
  liveDatabase,
  moment,
  nullable,
  number,
  numberIn,
  object,
  text,
} from '#host/control-plane/route'
import type { ApiRoute, Call } from '#host/control-plane/route'
import { jsonResponse } from '#base/http'
import type { SqlValue } from '#base/sql'

const uuidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** As who owns the tables, or who only reads; nothing where there are none. */
async function rowsOf<Row extends object>(
  call: Call,
  name: string,
  query: string,
  values: readonly SqlValue[],
): Promise<Row[]> {
  const database = await liveDatabase(call)
  return database.as(database.readOnly ? { readOnly: true } : {}, async (transaction) => {
    const [found] = await transaction.rows<{ there: boolean }>({
      name: 'studio.findKeys',
      text: `/* studio.findKeys */ select pg_catalog.to_regclass('public.api_keys') is not null
        and pg_catalog.to_regclass('public.usage_metrics') is not null as there`,
      values: [],
    })
    if (found?.there !== true) return []
    return transaction.rows<Row>({ name, text: `/* ${name} */ ${query}`, values })
  })
}

async function listKeys(call: Call) {
  const keys = await rowsOf(
    call,
    'studio.listKeys',
    `select id, user_id, (select email from auth.users where users.id = user_id) as email, name, permissions,
      rate_limit, monthly_quota,
      case when usage_month = pg_catalog.date_trunc('month', pg_catalog.timezone('UTC', pg_catalog.now()))::date then usage_count else 0 end as usage_count,
      pg_catalog.to_json(last_used_at) #>> '{}' as last_used_at, pg_catalog.to_json(expires_at) #>> '{}' as expires_at,
      pg_catalog.to_json(created_at) #>> '{}' as created_at, allowed_ips::text[] as allowed_ips
    from public.api_keys order by api_keys.created_at desc, id limit 1000`,
    [],
  )
  return jsonResponse(200, keys)
}

interface Step {
  readonly at: number
  readonly answered: number
  readonly refused: number
  readonly tokens: number
  readonly ms: number
}

const maxSteps = 60

async function listUsage(call: Call) {
  const minutes = numberIn(call, 'minutes', 1, 43_200) ?? 15
  const keyId = call.query.get('key_id') || null
  if (keyId !== null && !uuidPattern.test(keyId))
    throw apiErrors.control_body_invalid({ list: 'key_id: expected a UUID' })
  const step = Math.ceil((minutes * 60) / maxSteps)
  const found = await rowsOf<Step>(
    call,
    'studio.listKeyUsage',
    `select (pg_catalog.floor(extract(epoch from created_at) / $1::int) * $1::int)::float8 as at,
      (count(*) filter (where status_code < 400))::int as answered,
      (count(*) filter (where status_code >= 400))::int as refused,
      pg_catalog.sum(tokens_used)::float8 as tokens, pg_catalog.avg(response_time_ms)::float8 as ms
    from public.usage_metrics
    where created_at > pg_catalog.now() - pg_catalog.make_interval(mins => $2::int)
      and ($3::uuid is null or api_key_id = $3::uuid)
    group by 1 order by 1`,
    [step, minutes, keyId],
  )
  const steps = found.map(({ at, ...rest }) => ({ at: isoOf(at * 1000), ...rest }))
  return jsonResponse(200, { step_seconds: step, steps })
}

const numberOfKey = (doc: string) => integer(doc, 0)

export const customerKeyRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/projects/:ref/api-keys/keys',
    least: 'read-only',
    summary: "Keys of the project's customers, the newest first: at most 1000",
    response: listOf(
      object({
        id: text('UUID', 36),
        user_id: text('Whose it is', 36),
        email: nullable(text('Of its user', 255)),
        name: text('As its user calls it', 10_000),
        permissions: anyObject('read, write, and the application’s own'),
        rate_limit: numberOfKey('Requests a minute'),
        monthly_quota: numberOfKey('Requests a month'),
        usage_count: numberOfKey('This month'),
        last_used_at: nullable(moment('When it was last used')),
        expires_at: nullable(moment('When it ends')),
        created_at: moment('When it was made'),
        allowed_ips: { type: ['array', 'null'], items: { type: 'string' } },
      }),
    ),
    handle: listKeys,
  },
  {
    method: 'GET',
    path: '/projects/:ref/api-keys/usage',
    least: 'read-only',
    summary: 'What was asked with them, in 60 steps; steps without a request are left out',
    query: {
      minutes: integer('Back from now; default 15', 1, 43_200),
      key_id: text('Of one key', 36),
    },
    response: object({
      step_seconds: integer('Of each step'),
      steps: listOf(
        object({
          at: moment('Its begin'),
          answered: numberOfKey('Below 400'),
          refused: numberOfKey('400 and more; over a limit leaves no row'),
          tokens: number('As functions told them'),
          ms: number('Until the answer, on average'),
        }),
      ),
    }),
    handle: listUsage,
  },
]
