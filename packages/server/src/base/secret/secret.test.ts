import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { silentLog } from '#base/kernel'
import { createSecretResolver, secretsOfProject } from './index.ts'
import type { ResolveSecret } from './index.ts'

const path = '/v1/secret/data/shop'
let vault: Server
let aws: Server
let vaultAnswer: (request: IncomingMessage, response: ServerResponse) => void
let asked = 0
const inVault: Record<string, object> = {}
const inAws: Record<string, string> = {}
let nowMs = 0

const listening = async (
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Server> => {
  const server = createServer(handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}
const urlOf = (server: Server): string =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}`

beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
  vault = await listening((request, response) => {
    asked++
    vaultAnswer(request, response)
  })
  aws = await listening((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      const found = inAws[JSON.parse(body).SecretId]
      response.writeHead(found === undefined ? 400 : 200, {
        'content-type': 'application/x-amz-json-1.1',
      })
      response.end(
        JSON.stringify(
          found === undefined ? { __type: 'ResourceNotFoundException' } : { SecretString: found },
        ),
      )
    })
  })
})
afterAll(() => {
  vi.unstubAllEnvs()
  vault.close()
  aws.close()
})
beforeEach(() => {
  asked = 0
  vaultAnswer = (request, response) => {
    const found =
      request.headers['x-vault-token'] === 's.token' ? inVault[request.url ?? ''] : undefined
    response
      .writeHead(found === undefined ? 404 : 200)
      .end(JSON.stringify({ data: { data: found } }))
  }
})

const resolver = (isConfigured = true): ResolveSecret =>
  createSecretResolver({
    vault: isConfigured ? { address: urlOf(vault), token: 's.token', namespace: null } : null,
    aws: { region: 'eu-central-1', endpoint: urlOf(aws) },
    refreshMs: 1_000,
    clock: { now: () => nowMs },
    log: silentLog,
  })

describe('vault://', () => {
  test('is a field of a secret of the key-value engine', async () => {
    inVault[path] = { password: 'one', number: 1 }
    const resolve = resolver()
    expect(await resolve('vault://secret/shop/password')).toBe('one')
    await expect(resolve('vault://secret/shop/number')).rejects.toThrow(
      'has no text in the field number',
    )
    await expect(resolve('vault://secret/nothing/password')).rejects.toThrow(
      'has no text in the field password of secret/nothing',
    )
  })

  test.each([
    'vault://secret/password',
    'vault://secret//password',
    'vault://secret/../password',
    'vault://',
  ])('%s is none', async (reference) => {
    await expect(resolver()(reference)).rejects.toMatchObject({ code: 'secret_reference_invalid' })
  })

  test('without an address it is refused, other texts stand for themselves', async () => {
    await expect(resolver(false)('vault://secret/shop/password')).rejects.toMatchObject({
      code: 'secret_store_unconfigured',
      message: expect.stringContaining('basalt.secrets.vault.address') as string,
    })
    expect(await resolver(false)('postgres://a@b/c')).toBe('postgres://a@b/c')
  })

  test('is asked for once by many, again when it is due, and stays known while Vault is away', async () => {
    inVault[path] = { password: 'one' }
    const resolve = resolver()
    const ask = (): Promise<string> => resolve('vault://secret/shop/password')
    expect(new Set(await Promise.all(Array.from({ length: 10 }, ask)))).toEqual(new Set(['one']))
    expect(asked).toBe(1)
    inVault[path] = { password: 'two' }
    expect(await ask()).toBe('one')
    nowMs += 1_000
    expect(await ask()).toBe('two')
    vaultAnswer = (_, response) => void response.writeHead(503).end()
    nowMs += 1_000
    expect(await ask()).toBe('two')
    await expect(resolver()('vault://secret/shop/password')).rejects.toMatchObject({
      code: 'secret_store_away',
    })
  })
})

describe('aws://', () => {
  test('is a secret, or a member of the JSON of one', async () => {
    inAws['shop/db_password'] = 'whole'
    inAws['blog'] = JSON.stringify({ db_password: 'member' })
    const resolve = resolver()
    expect(await resolve('aws://shop/db_password')).toBe('whole')
    expect(await resolve('aws://blog/db_password')).toBe('member')
    expect(await resolve('aws://blog#db_password')).toBe('member')
    await expect(resolve('aws://blog/other')).rejects.toThrow('is no JSON with a text other')
    await expect(resolve('aws://nobody')).rejects.toMatchObject({ code: 'secret_not_found' })
  })
})

test("a project refers to secrets that bear its name, and to no other project's", async () => {
  inVault[path] = { password: 'one' }
  inVault['/v1/secret/data/blog'] = { password: 'of the blog', shop: 'x' }
  const resolve = secretsOfProject('shop', 1, resolver())
  expect(await resolve('vault://secret/shop/password')).toBe('one')
  expect(await resolve('aws://shop/db_password')).toBe('whole')
  for (const other of [
    'vault://secret/blog/password',
    'vault://secret/blog/shop',
    'vault://shop/blog/password',
    'aws://blog/db_password',
    'aws://blog#shop',
    'aws://blog#shop#x',
    'vault://secret/blog/shop/password',
    'aws://blog/shop/password',
  ])
    await expect(resolve(other)).rejects.toMatchObject({ code: 'secret_not_of_project' })
  inVault['/v1/secret/data/prod/shop'] = { password: 'below' }
  const below = secretsOfProject('shop', 2, resolver())
  expect(await below('vault://secret/prod/shop/password')).toBe('below')
  await expect(below('vault://secret/shop/password')).rejects.toMatchObject({
    code: 'secret_not_of_project',
  })
})
