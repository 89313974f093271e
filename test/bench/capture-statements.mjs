/** The two statements a request really sends: the session statement as `db` makes it, the main one as Postgres last saw it. */
import {
  decodeRows,
  openDatabase,
  ownSession,
  parseConnectionUrl,
} from '../../packages/server/dist/db/index.js'
import { sessionStatement } from '../../packages/server/dist/db/transaction.js'
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

/** `{ url, statements: { session, main, variable } }` for the reference. */
export async function captureStatements(project, { requests, variable, table }) {
  // a member of the API roles, as authenticator is
  const url = `postgres://postgres:postgres@127.0.0.1:${project.ports.db}/postgres?sslmode=disable`
  const once = {
    host: '127.0.0.1',
    port: project.ports.api,
    connections: 1,
    seconds: 0.3,
    requests,
  }
  const { errors } = await runLoad(once)
  if (errors > 0) throw new Error('the request that was to be measured fails')
  const db = openDatabase({ connection: parseConnectionUrl(url), maxConnections: 1 })
  const text = `select query from pg_stat_activity where usename = 'authenticator' and query like '%${table}%'`
  const [result] = await db.transaction(ownSession, [
    { name: 'bench.lastStatement', text, values: [] },
  ])
  await db.close()
  const [last] = decodeRows(result)
  if (last === undefined)
    throw new Error(`no connection of authenticator ran a statement on ${table}`)
  const asSession = session(variable !== null)
  const count = Math.max(...[...last.query.matchAll(/\$(\d+)/g)].map(([, n]) => Number(n)))
  const value = variable === null ? '{"body":"something happened"}' : '1'
  const main = { text: last.query, values: Array.from({ length: count }, () => value) }
  return {
    url,
    statements: {
      session: { ...sessionStatement(asSession), asSession },
      main,
      variable: variable === null ? null : 0,
    },
  }
}
