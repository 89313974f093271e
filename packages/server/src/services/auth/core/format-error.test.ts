import { expect, test } from 'vitest'
import { bytesBody, httpErrors } from '#base/http'
import type { HttpRequest } from '#base/http'
import { neverCancelled } from '#base/kernel'
import { authErrors, WeakPasswordError } from './errors.ts'
import { formatError, speaksCurrent } from './format-error.ts'

function request(headers: Record<string, string> = {}): HttpRequest {
  return {
    method: 'GET',
    path: '/',
    query: '',
    headers,
    remoteAddress: '',
    cancellation: neverCancelled,
    body: bytesBody(new Uint8Array()),
  }
}
const current = { 'x-supabase-api-version': '2024-01-01' }

test.each([
  [undefined, false],
  ['', false],
  ['2023-12-31', false],
  ['2024-01-01', true],
  ['2030-06-15', true],
  ['2024-1-1', false],
  ['2024-02-31', false],
  ['latest', false],
])('version %j is the current one: %s', (version, expected) => {
  expect(speaksCurrent(version)).toBe(expected)
})

test('a weak password carries its reasons in both versions', () => {
  const error = new WeakPasswordError('too short', ['length'])
  const initial = formatError(error, request())
  expect(initial.headers).toMatchObject({ 'x-sb-error-code': 'weak_password' })
  expect(JSON.parse(String(initial.body))).toEqual({
    code: 422,
    error_code: 'weak_password',
    msg: 'too short',
    weak_password: { reasons: ['length'] },
  })
  const answer = formatError(error, request(current))
  expect(answer.headers).not.toHaveProperty('x-sb-error-code')
  expect(JSON.parse(String(answer.body))).toEqual({
    code: 'weak_password',
    message: 'too short',
    weak_password: { reasons: ['length'] },
  })
})

test('what nobody expected says nothing of its cause', () => {
  const error = httpErrors.unexpected_failure(undefined, new Error('select secret'))
  const answer = formatError(error, { ...request(), requestId: 'r1' })
  expect(answer.headers).not.toHaveProperty('x-sb-error-code')
  expect(JSON.parse(String(answer.body))).toEqual({
    code: 500,
    error_code: 'unexpected_failure',
    msg: 'Unexpected failure, please check server logs for more information',
    error_id: 'r1',
  })
})

test('timeouts and oversized bodies are worded as GoTrue does', () => {
  const timeout = formatError(httpErrors.request_timeout(), request(current))
  expect([timeout.status, JSON.parse(String(timeout.body))]).toEqual([
    504,
    {
      code: 'request_timeout',
      message: 'Processing this request timed out, please retry after a moment.',
    },
  ])
  const tooLarge = formatError(httpErrors.body_too_large({ maxBytes: 1 }), request(current))
  expect(JSON.parse(String(tooLarge.body))).toHaveProperty('code', 'request_entity_too_large')
})

test('the version is echoed on errors of the current version only', () => {
  const error = authErrors.signupDisabled()
  expect(formatError(error, request(current)).headers).toMatchObject(current)
  expect(formatError(error, request()).headers).not.toHaveProperty('x-supabase-api-version')
})
