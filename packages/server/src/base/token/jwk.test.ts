import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { publicJwks } from '#base/token'
import type { Jwk } from '#base/token'

test('the JWKS document has public halves only and never a symmetric key', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ec = { ...(privateKey.export({ format: 'jwk' }) as unknown as Jwk), kid: 'k1' }
  const oct: Jwk = { kty: 'oct', k: 'c2VjcmV0', alg: 'HS256', kid: 'k2' }
  expect(publicJwks([ec, oct])).toEqual({
    keys: [
      {
        kty: 'EC',
        crv: 'P-256',
        x: ec.x,
        y: ec.y,
        alg: 'ES256',
        kid: 'k1',
        use: 'sig',
        key_ops: ['verify'],
      },
    ],
  })
  expect(publicJwks([])).toEqual({ keys: [] })
})
