/** Requests that are mostly nonsense: random bytes, and sound requests with bytes changed. */
import { randomTree } from './request-tree.ts'
import { tables } from './fuzz-schema.ts'
import type { Random } from './random.ts'
import { writeQuery } from './write-query.ts'

export interface Noise {
  readonly method: string
  readonly bytes: Buffer
}

const methods = ['GET', 'GET', 'GET', 'HEAD', 'POST', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS']
const fragments =
  'select=|order=|limit=|offset=|or=|not.and=|on_conflict=|columns=|id=eq.|in.(|is.null|like(any).{|fts(english).|count()|.sum()|!inner|...|::int|->|->>|(|)|,|.|*|:|"|\\|%22|%5C|%00|%ff|%E2%82|%27|--|;|{|}|[|]|$1|/*|€|😀|99999999999999999999|-1|&|=|+|%|null|a.b='.split(
    '|',
  )
const bodies = [
  '',
  '{}',
  '[]',
  '[{}]',
  '{"id":900}',
  '[{"id":901,"name":"x"},{"id":902}]',
  '{"id":{}}',
  '5',
  '"x"',
  'null',
  '{"id":1',
  '[1,2]',
  '{"name":"\\u0000"}',
  '{"name":"\\ud800"}',
  'id,name\n903,x\n',
  'id,name\n1,"x',
  'id=904&name=x',
  '{"__proto__":1}',
  '{"a":1,"b":2}',
  '{"term":"%"}',
  '{"id":1e400}',
  '{"id":"1","id":2}',
]
const headers = [
  '',
  '',
  '',
  'Prefer: return=representation',
  'Prefer: count=exact',
  'Prefer: count=planned',
  'Prefer: resolution=merge-duplicates',
  'Prefer: handling=strict, max-affected=2',
  'Prefer: missing=default, return=headers-only',
  'Prefer: timezone=nowhere',
  'Prefer: tx=commit',
  'Accept: text/csv',
  'Accept: application/vnd.pgrst.object+json',
  'Accept: image/png',
  'Accept: application/vnd.pgrst.array+json;nulls=stripped',
  'Accept: application/openapi+json',
  'Accept: ;;;',
  'Range: 5-2',
  'Range: 1-',
  'Range: 0-0',
  'Accept-Profile: public',
  'Content-Profile: x"y',
  'Content-Type: text/csv',
  'Content-Type: application/x-www-form-urlencoded',
  'Content-Type: text/plain',
  'Content-Type: application/octet-stream',
  'Content-Type: application/json;;charset',
  'Authorization: Bearer x.y.z',
  'Authorization: Basic eDp5',
  'Cookie: a=b; c; =d',
]
const paths = [
  ...Object.keys(tables),
  'people_tasks',
  'rpc/add',
  'rpc/echo',
  'rpc/find',
  'rpc/nowhere',
  'nowhere',
  '',
  '%ff',
  'a/b/c',
  'rpc/',
]

export function randomNoise(random: Random): Noise {
  const method = random.pick(methods)
  const target = latin1(randomTarget(random))
  const hasBody = method === 'POST' || method === 'PATCH' || method === 'PUT'
  const body = hasBody ? randomBody(random) : Buffer.alloc(0)
  const lines = [`Host: fuzz`, random.pick(headers), random.chance(30) ? random.pick(headers) : '']
  if (hasBody) lines.push(`Content-Length: ${body.length}`)
  const head = lines.filter((line) => line !== '').join('\r\n')
  const line = Buffer.concat([
    Buffer.from(`${method} `),
    target,
    Buffer.from(` HTTP/1.1\r\n${head}\r\n\r\n`),
  ])
  return { method, bytes: Buffer.concat([line, body]) }
}

function randomTarget(random: Random): string {
  if (random.chance(35)) return mutate(writeQuery(randomTree(random)), random)
  const path = `/${random.pick(paths)}`
  if (random.chance(30)) return `${path}?${bytes(random, 1 + random.below(60))}`
  return `${path}?${Array.from({ length: 1 + random.below(8) }, () => random.pick(fragments)).join('')}`
}

/** One to four places deleted, doubled, replaced by a fragment or by any byte. */
function mutate(text: string, random: Random): string {
  let changed = text
  for (let times = 1 + random.below(4); times > 0; times--) {
    const at = 1 + random.below(changed.length)
    const to = at + random.below(6)
    const between = random.pick([
      () => '',
      () => random.pick(fragments),
      () => bytes(random, 1),
      () => changed.slice(at, to).repeat(2),
    ])()
    changed = changed.slice(0, at) + between + changed.slice(to)
  }
  return changed
}

function bytes(random: Random, count: number): string {
  return Buffer.from(Array.from({ length: count }, () => random.below(256))).toString('latin1')
}

function randomBody(random: Random): Buffer {
  if (random.chance(25)) return Buffer.from(bytes(random, random.below(80)), 'latin1')
  const body = random.pick(bodies)
  return Buffer.from(random.chance(40) && body !== '' ? mutate(body, random) : body)
}

/** A blank, a line break or a control character would end the target: those travel encoded. The rest is sent as it is. */
function latin1(text: string): Buffer {
  const bare = Buffer.from(text).toString('latin1')
  // oxlint-disable-next-line no-control-regex
  return Buffer.from(
    bare.replaceAll(/[\0-\x20\x7f#]/g, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`),
    'latin1',
  )
}
