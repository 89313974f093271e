import { expect, test } from 'vitest'
import { ConnectionError, DatabaseError, isTransient } from './errors.ts'

const ofTheSystem = (code: string): Error =>
  new ConnectionError('connect', 'x', Object.assign(new Error('x'), { code }))

test.each(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'])(
  'a server that restarts or moves is waited for (%s)',
  (code) => expect(isTransient(ofTheSystem(code))).toBe(true),
)

test.each(['28P01', '3D000'])('who is refused for good does not wait (%s)', (code) =>
  expect(isTransient(new DatabaseError({ C: code }, null))).toBe(false),
)
