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

test('the URL must be one', () => {
  const of = (url: string) =>
    checkSaml(defineConfig({ 'auth.saml.enabled': true, 'auth.saml.external_url': url }), 'test')
  expect(of('https://id.example.com/auth/v1')).toEqual([])
  for (const url of ['id.example.com', 'ftp://x', 'https://x/?a'])
    expect(of(url)).toMatchObject([{ key: 'auth.saml.external_url' }])
})

test('other keys are a problem', () => {
  expect(problems(key(1024))).toEqual(['expected an RSA key of at least 2048 bits'])
  expect(problems('nonsense')).toEqual(['expected an RSA key as PKCS#1 DER in base64'])
})
