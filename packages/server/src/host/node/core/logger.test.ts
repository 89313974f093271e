import { expect, test } from 'vitest'
import { createLogger } from './logger.ts'

function lines(redact: readonly string[] = []) {
  const written: string[] = []
  const log = createLogger('info', { write: (line) => void written.push(line) }, redact)
  return { log, written }
}

test('secrets that are known by their shape are in no line', () => {
  const { log, written } = lines()
  const token = `eyJhbGciOiJIUzI1NiJ9.${'a'.repeat(40)}.${'b'.repeat(43)}`
  log.warn('cannot connect', { error: 'postgres://app:s3cret%21@db.example.com:5432/x is away' })
  log.error(`refused ${token}`, { key: 'sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz' })
  log.info('kept', { url: 'https://example.com/a:b', sbp: `sbp_${'0a'.repeat(20)}` })
  const text = written.join('')
  for (const secret of ['s3cret', 'eyJ', 'N7UND0', '0a0a0a']) expect(text).not.toContain(secret)
  expect(text).toContain('postgres://[redacted]@db.example.com:5432/x is away')
  expect(text).toContain('https://example.com/a:b')
  for (const line of written) expect(() => JSON.parse(line) as unknown).not.toThrow()
})

test('fields that are named are masked, at any depth', () => {
  const { log, written } = lines(['user_id', 'Email'])
  log.info('request', { user_id: 'u1', path: '/x', more: { email: 'a@b.c', list: [{ email: 1 }] } })
  log.info('request', { user_id: null })
  expect(JSON.parse(written[0] ?? '')).toMatchObject({
    user_id: '[redacted]',
    path: '/x',
    more: { email: '[redacted]', list: [{ email: '[redacted]' }] },
  })
  expect(JSON.parse(written[1] ?? '')).toMatchObject({ user_id: null })
})
