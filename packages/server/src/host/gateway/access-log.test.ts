import { expect, test } from 'vitest'
import { defineConfig } from '#base/config'
import type { Config } from '#base/config'
import type { HttpRequest } from '#base/http'
import { silentLog } from '#base/kernel'
import type { LogFields } from '#base/kernel'
import { createAccessLog } from './access-log.ts'

const jwt = `eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.${'s'.repeat(43)}`

function logged(config: Partial<Config>, request: Partial<HttpRequest>, line = {}): LogFields[] {
  const lines: LogFields[] = []
  const log = {
    ...silentLog,
    info: (_: string, fields?: LogFields) => void lines.push(fields ?? {}),
  }
  const write = createAccessLog(defineConfig(config), log)
  const asked = { method: 'GET', path: '/x', query: '', headers: {}, ...request } as HttpRequest
  const known = { status: 200, durationMs: 1, userId: null, requestId: 'r', project: 'p', ...line }
  for (let i = 0; i < 100; i++) write(asked, known)
  return lines
}

test('a line has the fields of a request, and its query and headers only where they are asked for', () => {
  const [line] = logged({}, { query: 'a=1', headers: { 'user-agent': 'x' } })
  expect(Object.keys(line ?? {}).join(' ')).toBe(
    'method path status duration_ms user_id request_id project',
  )
})

test('tokens in paths, queries and headers are masked, with what is named besides', () => {
  const config = {
    'basalt.log.query': true,
    'basalt.log.headers': ['X-Team', 'Authorization', 'referer', 'user-agent', 'absent'],
    'basalt.log.redact': ['x-team', 'email'],
  }
  const [line] = logged(config, {
    path: `/storage/v1/object/${jwt}/x`,
    query: `select=id&email=eq.a%40b.c&to%6Ben=abc&apikey=${jwt}&x=${jwt}&X-Amz-Signature=ff&%zz=1`,
    headers: {
      'x-team': 'red',
      authorization: 'Bearer abc',
      referer: `https://user:pass@example.com/?t=${jwt}`,
      'user-agent': 'x'.repeat(2_000),
    },
  })
  const mask = '[redacted]'
  expect(line).toMatchObject({
    path: `/storage/v1/object/${mask}/x`,
    query: `select=id&email=${mask}&to%6Ben=${mask}&apikey=${mask}&x=${mask}&X-Amz-Signature=${mask}&%zz=1`,
    headers: {
      'x-team': mask,
      authorization: mask,
      referer: `https://${mask}@example.com/?t=${mask}`,
      'user-agent': 'x'.repeat(512),
    },
  })
})

test('sampling leaves out what went well and in time', () => {
  const config = { 'basalt.log.sample': 0.1, 'basalt.log.slow_request': 500 }
  expect(logged(config, {})).toHaveLength(10)
  expect(logged(config, {}, { status: 404 })).toHaveLength(100)
  expect(logged(config, {}, { status: 500 })).toHaveLength(100)
  expect(logged(config, {}, { durationMs: 500 })).toHaveLength(100)
  expect(logged({ 'basalt.log.sample': 0 }, {})).toHaveLength(0)
  expect(logged({ 'basalt.log_requests': false }, {}, { status: 500 })).toHaveLength(0)
})

test('health is asked every second: what is well is not told', () => {
  expect(logged({}, { path: '/health' })).toHaveLength(0)
  expect(logged({}, { path: '/health' }, { status: 503 })).toHaveLength(100)
})
