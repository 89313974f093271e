/** What is asked in a bench: the requests, and how the statement they become is filled in for the reference. */
import { userToken } from './bench-project.mjs'

const key = 'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH'
const head = `Host: bench\r\napikey: ${key}\r\nAuthorization: Bearer ${userToken()}\r\nX-Client-Info: supabase-js/2\r\n`
/** Spread over the table, in no order. */
const ids = Array.from({ length: 997 }, (_, i) => 1 + ((i * 7919) % 40_000))

const reads = (target) => ids.map((id) => `GET /rest/v1/${target(id)} HTTP/1.1\r\n${head}\r\n`)

function post(target, body, prefer) {
  const headers = `${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`
  return [
    `POST /rest/v1/${target} HTTP/1.1\r\n${headers}${prefer === null ? '' : `Prefer: ${prefer}\r\n`}\r\n${body}`,
  ]
}

const event = '{"body":"something happened"}'
const events = JSON.stringify(
  Array.from({ length: 1000 }, (_, i) => ({ body: `something happened ${i}` })),
)

/**
 * `values` are those of the captured statement's placeholders, `id` for the one that changes; `marker` finds the
 * statement among those Postgres last saw; `target` is the ratio to the reference that the project wants.
 */
export const shapes = [
  {
    name: 'read of one row under RLS',
    requests: reads((id) => `items?select=id,name,price&id=eq.${id}`),
    marker: '"items"',
    values: ['id'],
    readOnly: true,
    target: 0.4,
    connections: [1, 16, 64],
  },
  {
    name: 'read of 100 rows (15 kB)',
    requests: reads((id) => `products?select=*&id=gte.${id}&order=id&limit=100`),
    marker: '"products"',
    values: ['id', '100', '0'],
    readOnly: true,
    target: 0.6,
  },
  {
    name: 'read of 1,000 rows (49 kB)',
    requests: reads((id) => `products?select=id,name,price&id=gte.${id}&order=id&limit=1000`),
    marker: '"products"',
    values: ['id', '1000', '0'],
    readOnly: true,
    target: 0.75,
  },
  {
    name: '20 rows with an embedded to-many',
    requests: reads(
      (id) => `boards?select=id,title,cards(id,title)&id=gte.${id}&order=id&limit=20`,
    ),
    marker: '"boards"',
    values: ['id', '20', '0'],
    readOnly: true,
    target: 0.45,
  },
  {
    name: '20 rows with two levels embedded',
    requests: reads(
      (id) =>
        `boards?select=id,title,cards(id,title,comments(id,body))&id=gte.${id}&order=id&limit=20`,
    ),
    marker: '"boards"',
    values: ['id', '20', '0'],
    readOnly: true,
    target: 0.45,
  },
  {
    name: 'insert of one row under RLS, returning it',
    requests: post('events?select=id', event, 'return=representation'),
    marker: '"events"',
    values: [`[${event}]`],
    readOnly: false,
    target: 0.45,
  },
  {
    name: 'insert of 1,000 rows under RLS',
    requests: post('events', events, null),
    marker: '"events"',
    values: [events],
    readOnly: false,
    target: null,
    connections: [1, 16],
  },
  {
    name: 'call of a trivial function',
    requests: post('rpc/add', '{"a":1,"b":2}', null),
    marker: '"add"',
    values: ['{"a":1,"b":2}'],
    readOnly: false,
    target: 0.4,
  },
]
