import { expect, test } from 'vitest'
import { decodeBase64Url, encodeBase64Url } from './base64url.ts'

test('what is encoded comes back, for every length', () => {
  for (let length = 0; length < 8; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => 255 - i)
    expect(decodeBase64Url(encodeBase64Url(bytes))).toEqual(Buffer.from(bytes))
  }
})

test.each(['e30=', 'e3 0', 'e3+0', 'e3/0', 'a', 'e31', 'AB', 'é', 'e30\n'])(
  '%j is not the canonical spelling of anything',
  (text) => expect(decodeBase64Url(text)).toBeNull(),
)
