/** The two statements a request really sends: the session statement as `db` makes it, the main one as Postgres last saw it. */
import {
  decodeRows,
  openDatabase,
  ownSession,
  parseConnectionUrl,
} from '../../packages/server/dist/base/db/index.js'
import { sessionStatement } from '../../packages/server/dist/base/db/session-statement.js'
import { userId } from './bench-project.mjs'
import { runLoad } from './run-load.mjs'

const claims = {
  sub: userId,
  role: 'authenticated',
  aud: 'authenticated',
  email: 'bench@example.com',
}

/** The settings of a request of this size; the reference sends the same ones each time. */
const session = (readOnly) => ({
  role: 'authenticated',
  readOnly,
  settings: [
    ['search_path', '"public", "public", "extensions"'],
    ['statement_timeout', '8s'],
    ['request.jwt.claims', JSON.stringify(claims)],
    ['app.user_id', userId],
    ['app.role', 'authenticated'],
    ['app.tenant_id', ''],
    ['request.method', readOnly ? 'GET' : 'POST'],
    ['request.path', '/items'],
    [
      'request.headers',
      JSON.stringify({
        host: 'bench',
        apikey: 'x'.repeat(46),
        authorization: 'x'.repeat(480),
        'x-client-info': 'supabase-js/2',
      }),
    ],
    ['request.cookies', '{}'],
  ],
})

export const ownerUrl = (project) =>
  `postgres://postgres:postgres@127.0.0.1:${project.ports.db}/postgres?sslmode=disable`

/** `{ session, main, variable }` for the reference, of a shape (shapes.mjs). */
export async function captureStatements(project, { name, requests, marker, values, readOnly }) {
  const once = {
    host: '127.0.0.1',
    port: project.ports.api,
    // warms up code and caches too
    connections: 8,
    seconds: 1,
    requests,
  }
  const { errors } = await runLoad(once)
  if (errors > 0) throw new Error(`${name}: the request that was to be measured fails`)
  const db = openDatabase({ connection: parseConnectionUrl(ownerUrl(project)), maxConnections: 1 })
  const text = `select query from pg_stat_activity where usename = 'authenticator' and query like '/* dataApi.%'
    and query like '%${marker}%' order by query_start desc limit 1`
  const [result] = await db.transaction(ownSession, [
    { name: 'bench.lastStatement', text, values: [] },
  ])
  await db.close()
  const [last] = decodeRows(result)
  if (last === undefined) throw new Error(`${name}: no connection of authenticator ran it`)
  const count = Math.max(0, ...[...last.query.matchAll(/\$(\d+)/g)].map(([, n]) => Number(n)))
  if (count !== values.length) {
    throw new Error(`${name}: ${count} placeholders, not ${values.length}, in ${last.query}`)
  }
  const asSession = session(readOnly)
  const variable = values.indexOf('id')
  return {
    session: { ...sessionStatement(asSession), asSession },
    main: { text: last.query, values },
    variable: variable === -1 ? null : variable,
  }
}
