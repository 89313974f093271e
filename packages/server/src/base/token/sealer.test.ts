import { expect, test } from 'vitest'
import { createSealer } from '#base/token'

const sealer = createSealer('a secret of the operator')

test('what is sealed opens with the same key and label, and shows nothing', () => {
  const sealed = sealer.seal('{"pass":"hush"}', 'config default')
  expect(sealed).toMatch(/^v1:[\w-]+$/)
  expect(Buffer.from(sealed.slice(3), 'base64url').toString('latin1')).not.toContain('hush')
  expect(sealer.open(sealed, 'config default')).toBe('{"pass":"hush"}')
  expect(sealer.seal('x', 'l')).not.toBe(sealer.seal('x', 'l'))
})

test.each([
  ['another key', createSealer('another secret'), (text: string) => text, 'config default'],
  ['another label', sealer, (text: string) => text, 'config other'],
  ['a changed byte', sealer, (text: string) => `${text.slice(0, -2)}AA`, 'config default'],
  ['nothing', sealer, () => '', 'config default'],
  ['too little', sealer, () => 'v1:AAAA', 'config default'],
])('%s does not open it', (_, by, change, label) => {
  const sealed = sealer.seal('some text that is long enough', 'config default')
  expect(by.open(change(sealed), label)).toBeNull()
})

test('under a new key what the old one sealed opens, and is renewed once', () => {
  const before = sealer.seal('hush', 'config default')
  const after = createSealer('a new secret', 'a secret of the operator')
  expect(after.open(before, 'config default')).toBe('hush')
  const renewed = after.renew(before, 'config default') ?? ''
  expect(createSealer('a new secret').open(renewed, 'config default')).toBe('hush')
  for (const [sealed, label] of [
    [renewed, 'config default'],
    [before, 'config other'],
    ['v1:AAAA', 'config default'],
  ] as const)
    expect(after.renew(sealed, label)).toBeNull()
  expect(sealer.renew(before, 'config default')).toBeNull()
})
