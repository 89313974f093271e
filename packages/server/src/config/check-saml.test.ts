import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { checkSaml } from './check-saml.ts'
import { defineConfig } from './define-config.ts'

const key = (modulusLength: number) =>
  generateKeyPairSync('rsa', { modulusLength })
    .privateKey.export({ type: 'pkcs1', format: 'der' })
    .toString('base64')
const problems = (text: string | null) => {
  const config = defineConfig({ 'auth.saml.enabled': true, 'auth.saml.private_key': text })
  return checkSaml(config, 'test').map(({ message }) => message)
}

test('a key that can sign requests is no problem, nor is none', () => {
  expect(problems(null)).toEqual([])
  expect(problems(key(2048))).toEqual([])
})

test('other keys are a problem', () => {
  expect(problems(key(1024))).toEqual(['expected an RSA key of at least 2048 bits'])
  expect(problems('nonsense')).toEqual(['expected an RSA key as PKCS#1 DER in base64'])
})
