import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { expect, test } from 'vitest'
import type { JsonObject } from '#base/kernel'
import { createVerifier, publicJwks, signToken, signingKeyOf } from '#base/token'
import type { Jwk, VerifierOptions } from '#base/token'

const secret = 'super-secret-jwt-token-with-at-least-32-characters-long'
const now = 1_800_000_000
const clock = { now: () => now * 1000 }

function verifier(options: Partial<VerifierOptions> = {}) {
  return createVerifier({ jwtSecret: secret, clock, ...options })
}
function failure(token: string, options: Partial<VerifierOptions> = {}): string {
  const result = verifier(options).verify(token)
  return result.ok ? 'ok' : `${result.failure}: ${result.message}`
}
const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
/** Any header and payload, signed with HS256 all the same. */
function forge(header: unknown, payload: unknown, key: string | Uint8Array = secret): string {
  const content = `${encode(header)}.${encode(payload)}`
  return `${content}.${createHmac('sha256', key).update(content).digest('base64url')}`
}
const hs256 = { alg: 'HS256', typ: 'JWT' }

function keyPair(type: 'ec' | 'rsa', kid: string): Jwk {
  const pair =
    type === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { ...(pair.privateKey.export({ format: 'jwk' }) as unknown as Jwk), kid }
}
const ec = keyPair('ec', 'k-ec')
const rsa = keyPair('rsa', 'k-rsa')
const jwks = publicJwks([ec, rsa])
const signedBy = (jwk: Jwk, claims: JsonObject): string =>
  signToken(claims, signingKeyOf({ jwtSecret: secret, signingKeys: [jwk] }))

test('a signed token gives its claims and their text as sent', () => {
  const token = forge(hs256, '{"role": "anon",  "exp": 1800000060}')
  expect(verifier().verify(token)).toEqual({
    ok: true,
    claims: { role: 'anon', exp: now + 60 },
    claimsJson: '{"role": "anon",  "exp": 1800000060}',
  })
})

test('a token whose any character is changed is refused', () => {
  const token = signToken({ role: 'authenticated', sub: 'x', exp: now + 60 }, secret)
  const check = verifier()
  for (let i = 0; i < token.length; i++) {
    const other = token[i] === 'A' ? 'B' : 'A'
    expect(check.verify(token.slice(0, i) + other + token.slice(i + 1)).ok).toBe(false)
  }
  expect(check.verify(`${token}=`).ok).toBe(false)
  expect(check.verify(`${token} `).ok).toBe(false)
  expect(check.verify(token.slice(0, -1)).ok).toBe(false)
})

test.each([
  ['', 'malformed: Empty JWT is sent in Authorization header'],
  ['abc', 'malformed: Expected 3 parts in JWT; got 1'],
  ['a.b.c.d', 'malformed: Expected 3 parts in JWT; got 4'],
  ['..', 'malformed: JWT cryptographic operation failed'],
  [`${encode('[1]')}.e30.x`, 'malformed: JWT cryptographic operation failed'],
])('%j is refused as %s', (token, expected) => expect(failure(token)).toBe(expected))

test('unsigned tokens and algorithms we do not speak are refused', () => {
  for (const alg of ['none', 'None', 'NONE', 'HS1', 'hs256', '', null, 7, undefined]) {
    expect(failure(forge({ alg }, { role: 'service_role' }))).toMatch(/^algorithm: /)
  }
  expect(failure(`${encode({ alg: 'none' })}.${encode({ role: 'service_role' })}.`)).toMatch(
    /^algorithm: /,
  )
  expect(failure(forge({ ...hs256, crit: ['b64'], b64: false }, {}))).toMatch(/^algorithm: /)
})

test('an HS256 token signed with the public key of an asymmetric one is refused', () => {
  const jwk = jwks.keys[1] as Jwk
  const publicTexts = [JSON.stringify(jwk), jwk.n ?? '', Buffer.from(jwk.n ?? '', 'base64url')]
  for (const key of publicTexts) {
    expect(failure(forge({ alg: 'HS256', kid: 'k-rsa' }, {}, key), { jwks })).toMatch(/^key: /)
    expect(failure(forge({ alg: 'HS256' }, {}, key), { jwks })).toMatch(/^signature: /)
  }
})

test('a token of another secret is refused', () => {
  expect(failure(signToken({}, 'another secret'))).toBe(
    'signature: No suitable key or wrong key type',
  )
})

test('ES256 and RS256 tokens verify under the key their kid names, and under no other', () => {
  for (const jwk of [ec, rsa]) {
    const token = signedBy(jwk, { sub: 'u' })
    expect(failure(token, { jwks })).toBe('ok')
    expect(failure(token)).toMatch(/^key: /)
    const other = keyPair(jwk === ec ? 'ec' : 'rsa', jwk.kid ?? '')
    expect(failure(token, { jwks: publicJwks([other]) })).toMatch(/^signature: /)
  }
})

test('an asymmetric token without a kid is tried against the keys of its algorithm', () => {
  const { kid: _, ...anonymous } = ec
  expect(failure(signedBy(anonymous, {}), { jwks })).toBe('ok')
})

test('tokens of the shared secret stay valid beside signing keys, whatever their kid', () => {
  expect(failure(signToken({}, secret), { jwks })).toBe('ok')
  expect(failure(forge({ ...hs256, kid: 'gone' }, {}), { jwks })).toBe('ok')
})

test('a rotated-out symmetric key still verifies', () => {
  const old: Jwk = { kty: 'oct', k: encode('the old secret'), alg: 'HS256', kid: 'old' }
  expect(failure(signToken({}, 'the old secret'), { jwks: { keys: [old] } })).toBe('ok')
})

test.each([
  [{ exp: now - 30 }, 'ok'],
  [{ exp: now - 31 }, 'expired: JWT expired'],
  [{ nbf: now + 30 }, 'ok'],
  [{ nbf: now + 31 }, 'not-yet-valid: JWT not yet valid'],
  [{ iat: now + 30 }, 'ok'],
  [{ iat: now + 31 }, 'issued-in-future: JWT issued at future'],
  [{ exp: String(now + 60) }, "claims: The JWT 'exp' claim must be a number"],
  [{ nbf: true }, "claims: The JWT 'nbf' claim must be a number"],
  [{ iat: {} }, "claims: The JWT 'iat' claim must be a number"],
  [{ exp: null, nbf: null, iat: null, aud: null }, 'ok'],
  [{ aud: 5 }, "claims: The JWT 'aud' claim must be a string or an array of strings"],
  [{ aud: ['a', 5] }, "claims: The JWT 'aud' claim must be a string or an array of strings"],
  [{ aud: 'anything' }, 'ok'],
])('claims %j: %s', (claims, expected) => expect(failure(signToken(claims, secret))).toBe(expected))

test('with an audience configured, aud must name it, be empty or be absent', () => {
  const options = { audience: 'me' }
  expect(failure(signToken({ aud: 'me' }, secret), options)).toBe('ok')
  expect(failure(signToken({ aud: ['you', 'me'] }, secret), options)).toBe('ok')
  expect(failure(signToken({ aud: [] }, secret), options)).toBe('ok')
  expect(failure(signToken({}, secret), options)).toBe('ok')
  expect(failure(signToken({ aud: 'you' }, secret), options)).toBe('audience: JWT not in audience')
})

test.each(['[]', '"text"', 'null', '{', '{"a":1}{'])('a payload of %s is no claims', (payload) => {
  expect(failure(forge(hs256, payload))).toBe('claims: Parsing claims failed')
})

test('a payload that is not UTF-8 is no claims', () => {
  const content = `${encode(hs256)}.${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}`
  const token = `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`
  expect(failure(token)).toBe('claims: Parsing claims failed')
})

test('a remembered token is the same result until it expires, and is forgotten on clear', () => {
  let at = now
  const check = verifier({ clock: { now: () => at * 1000 } })
  const token = signToken({ exp: now + 60 }, secret)
  const first = check.verify(token)
  expect(check.verify(token)).toBe(first)
  check.clear()
  expect(check.verify(token)).not.toBe(first)
  at = now + 91
  expect(check.verify(token)).toMatchObject({ ok: false, failure: 'expired' })
})

test('refused tokens are not remembered', () => {
  let at = now
  const check = verifier({ clock: { now: () => at * 1000 } })
  const token = signToken({ nbf: now + 60 }, secret)
  expect(check.verify(token).ok).toBe(false)
  at = now + 60
  expect(check.verify(token).ok).toBe(true)
})

test('a JWK verifies the algorithms of its family, and those only that it names', () => {
  const k = Buffer.from(secret).toString('base64url')
  const content = `${encode({ alg: 'HS512' })}.${encode({ role: 'x' })}`
  const token = `${content}.${createHmac('sha512', secret).update(content).digest('base64url')}`
  const options = { jwtSecret: null, jwks: { keys: [{ kty: 'oct', k }] } }
  expect(failure(token, options)).toBe('ok')
  expect(failure(token, { ...options, jwks: { keys: [{ kty: 'oct', k, alg: 'HS256' }] } })).toMatch(
    /^key: /,
  )
  expect(failure(token)).toMatch(/^key: /)
})

test.each([
  ['ES384', generateKeyPairSync('ec', { namedCurve: 'P-384' }), 'sha384'],
  ['ES512', generateKeyPairSync('ec', { namedCurve: 'P-521' }), 'sha512'],
  ['RS512', generateKeyPairSync('rsa', { modulusLength: 2048 }), 'sha512'],
  ['EdDSA', generateKeyPairSync('ed25519'), null],
])('%s is verified by a public JWK', (alg, { privateKey, publicKey }, digest) => {
  const content = `${encode({ alg })}.${encode({ role: 'x' })}`
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' as const }
  const signature = sign(digest, Buffer.from(content), key).toString('base64url')
  const jwk = publicKey.export({ format: 'jwk' }) as unknown as Jwk
  const options = { jwtSecret: null, jwks: { keys: [jwk] } }
  expect(failure(`${content}.${signature}`, options)).toBe('ok')
  expect(failure(`${content}.${signature.slice(0, -4)}AAAA`, options)).toMatch(/^signature: /)
})
