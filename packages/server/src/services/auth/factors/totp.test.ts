import { expect, test } from 'vitest'
import { encodeBase32, totpCode, totpStep } from './totp.ts'

// RFC 6238 appendix B, the last six digits
const secret = encodeBase32(Buffer.from('12345678901234567890'))
test.each([
  [59, '287082'],
  [1111111109, '081804'],
  [1111111111, '050471'],
  [1234567890, '005924'],
  [20000000000, '353130'],
])('at %i the code is %s', (seconds, code) => expect(totpCode(secret, seconds * 1000)).toBe(code))

test('the neighbouring steps count, those beyond do not', () => {
  // of the step from 1111111080 to 1111111109
  const at = (seconds: number) => totpStep(secret, '081804', seconds * 1000)
  const seconds = [1111111049, 1111111050, 1111111109, 1111111139, 1111111140]
  expect(seconds.map(at)).toEqual([null, 37037036, 37037036, 37037036, null])
  expect(encodeBase32(Buffer.from('foobar'))).toBe('MZXW6YTBOI')
})
