import { generateKeyPairSync, sign as signBytes } from 'node:crypto'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { claimsOf, openAuth } from '#services/auth/testing'
import type { Answer, AuthFixture } from '#services/auth/testing'

let auth: AuthFixture
beforeAll(async () => {
  auth = await openAuth({
    'auth.site_url': 'https://app.example.com',
    'auth.additional_redirect_urls': ['http://localhost:3000/**'],
    'auth.web3.solana.enabled': true,
    'auth.web3.ethereum.enabled': true,
    'auth.email.enable_confirmations': true,
  })
})
afterAll(() => auth.close())
beforeEach(() => auth.configure({}))

const base58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
function encodeBase58(bytes: Uint8Array): string {
  let value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  let text = ''
  for (; value > 0n; value /= 58n) text = (base58[Number(value % 58n)] ?? '') + text
  return '1'.repeat(bytes.findIndex((byte) => byte !== 0)) + text
}

interface Wallet {
  readonly chain: 'solana' | 'ethereum'
  readonly address: string
  sign(message: string): string
}

function solanaWallet(
  wrap: (message: string, key: Buffer) => Buffer = (text) => Buffer.from(text),
): Wallet {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const key = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
  return {
    chain: 'solana',
    address: encodeBase58(key),
    sign: (message) => signBytes(null, wrap(message, key), privateKey).toString('base64'),
  }
}

/** The message as a Ledger signs it. */
function ledger(message: string, key: Buffer): Buffer {
  const head = Buffer.alloc(16 + 1 + 32 + 2)
  head.writeUInt8(0xff)
  head.write('solana offchain', 1)
  head.write('app.example.com', 17)
  head.writeUInt8(1, 50)
  const length = Buffer.alloc(2)
  length.writeUInt16LE(message.length)
  return Buffer.concat([head, key, length, Buffer.from(message)])
}

function ethereumWallet(): Wallet {
  const { secretKey } = secp256k1.keygen()
  const point = secp256k1.getPublicKey(secretKey, false)
  const address = Buffer.from(keccak_256(point.subarray(1)).subarray(12)).toString('hex')
  return {
    chain: 'ethereum',
    address: `0x${address}`,
    sign: (message) => {
      const text = Buffer.from(message)
      const head = Buffer.from(`\u0019Ethereum Signed Message:\n${text.length}`)
      const hash = keccak_256(Buffer.concat([head, text]))
      const made = secp256k1.sign(hash, secretKey, { prehash: false, format: 'recovered' })
      const [recovery = 0, ...rs] = made
      return `0x${Buffer.from([...rs, recovery + 27]).toString('hex')}`
    },
  }
}

interface MessageParts {
  readonly domain?: string
  readonly uri?: string
  readonly issued?: string
  readonly more?: readonly string[]
  readonly version?: string
}

function messageOf(wallet: Wallet, parts: MessageParts = {}): string {
  const account = wallet.chain === 'solana' ? 'Solana' : 'Ethereum'
  return [
    `${parts.domain ?? 'app.example.com'} wants you to sign in with your ${account} account:`,
    wallet.address,
    '',
    'I accept the terms.',
    '',
    `Version: ${parts.version ?? '1'}`,
    `URI: ${parts.uri ?? 'https://app.example.com/login'}`,
    `Issued At: ${parts.issued ?? new Date().toISOString()}`,
    ...(parts.more ?? [wallet.chain === 'solana' ? 'Chain ID: solana:mainnet' : 'Chain ID: 1']),
  ].join('\n')
}

const grant = (body: unknown): Promise<Answer> =>
  auth.call('POST', '/token?grant_type=web3', { body })
function signIn(wallet: Wallet, parts: MessageParts = {}): Promise<Answer> {
  const message = messageOf(wallet, parts)
  return grant({ chain: wallet.chain, message, signature: wallet.sign(message) })
}

const wallets: readonly [string, () => Wallet, string][] = [
  ['Solana', () => solanaWallet(), 'solana:mainnet'],
  ['Solana behind a Ledger', () => solanaWallet(ledger), 'solana:mainnet'],
  ['Ethereum', ethereumWallet, '1'],
]
test.each(wallets)(
  'a wallet of %s signs in as the same user each time',
  async (_, make, network) => {
    const wallet = make()
    const first = await signIn(wallet)
    expect(first.status).toBe(200)
    const sub = `web3:${wallet.chain}:${wallet.address}`
    expect(first.body.user).toMatchObject({
      email: '',
      app_metadata: { provider: 'web3', providers: ['web3'] },
      identities: [{ id: sub, provider: 'web3' }],
      user_metadata: {
        sub,
        email_verified: false,
        phone_verified: false,
        custom_claims: {
          address: wallet.address,
          chain: wallet.chain,
          network,
          domain: 'app.example.com',
          statement: 'I accept the terms.',
        },
      },
    })
    expect(claimsOf(first.body.access_token)['amr']).toMatchObject([{ method: 'web3' }])
    expect((await signIn(wallet)).body.user.id).toBe(first.body.user.id)
  },
)

const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString()

const refusals: readonly [string, MessageParts, string][] = [
  [
    'for another application',
    { uri: 'https://evil.example/', domain: 'evil.example' },
    'message is using URI which is not allowed on this server, message was signed for another app',
  ],
  [
    'for another domain',
    { domain: 'evil.example' },
    'message is using a Domain that does not match the one in URI which is not allowed on this server',
  ],
  [
    'without TLS',
    { uri: 'http://app.example.com/' },
    'message is using URI which does not use HTTPS',
  ],
  ['too long ago', { issued: ago(11) }, 'message was issued too long ago'],
  ['too far in the future', { issued: ago(-11) }, 'message was issued too far in the future'],
  [
    'and has expired',
    { issued: ago(5), more: [`Expiration Time: ${ago(1)}`] },
    'message is expired',
  ],
  [
    'and is not valid yet',
    { more: [`Not Before: ${ago(-1)}`] },
    'message becomes valid in the future',
  ],
]
test.each(refusals)('a message signed %s is refused', async (_, parts, description) => {
  for (const wallet of [solanaWallet(), ethereumWallet()]) {
    const answer = await signIn(wallet, parts)
    expect(answer.status).toBe(400)
    expect(answer.body.error).toBe('invalid_grant')
    expect(answer.body.error_description).toContain(description)
  }
})

test('on this machine neither TLS nor the domain matter', async () => {
  const answer = await signIn(ethereumWallet(), {
    uri: 'http://localhost:3000/login',
    domain: 'localhost:3000',
  })
  expect(answer.status).toBe(200)
})

test('a signature of another wallet, or of another text, is refused', async () => {
  for (const [wallet, other] of [
    [solanaWallet(), solanaWallet()],
    [ethereumWallet(), ethereumWallet()],
  ] as const) {
    const message = messageOf(wallet)
    const { chain } = wallet
    const mismatch = {
      status: 400,
      body: {
        error: 'invalid_grant',
        error_description: 'Signature does not match address in message',
      },
    }
    expect(await grant({ chain, message, signature: other.sign(message) })).toMatchObject(mismatch)
    expect(await grant({ chain, message, signature: wallet.sign(`${message} `) })).toMatchObject(
      mismatch,
    )
  }
  const wallet = ethereumWallet()
  for (const signature of [
    `0x${'00'.repeat(65)}`,
    `0x${'ff'.repeat(65)}`,
    `0x${'zz'.repeat(65)}`,
  ]) {
    const answer = await grant({ chain: 'ethereum', message: messageOf(wallet), signature })
    expect(answer.body.error_description).toBe('Signature does not match address in message')
  }
})

const solana = solanaWallet()
const good = messageOf(solana)
const malformed: readonly [string, object, string][] = [
  ['short', { message: 'short' }, 'message is too short'],
  ['long', { message: 'x'.repeat(20_481) }, 'message must not exceed 20KB'],
  ['without lines', { message: 'x'.repeat(80) }, 'siws: message needs at least 6 lines'],
  [
    'of another kind',
    { message: `hello\n${good}` },
    'siws: message first line does not end in " wants you to sign in with your Solana account:"',
  ],
  [
    'of a strange domain',
    { message: `a b ${good}` },
    'siws: domain in first line of message is not valid',
  ],
  [
    'without an address',
    { message: good.replace(solana.address, 'nobody') },
    'siws: wallet address is not in base58 format',
  ],
  [
    'of another version',
    { message: good.replace('Version: 1', 'Version: 2') },
    'siws: Version value is not supported, expected 1 got "2"',
  ],
  [
    'without a time',
    { message: good.replace(/Issued At.*\n/, '') },
    'siws: Issued At is not specified',
  ],
  [
    'of a strange time',
    { message: good.replace(/Issued At: .*/, 'Issued At: tomorrow') },
    'siws: Issued At is not a valid ISO8601 timestamp',
  ],
  ['without a URI', { message: good.replace(/URI: .*\n/, '') }, 'siws: URI is not specified'],
  [
    'of a strange network',
    { message: good.replace('solana:mainnet', 'bitcoin') },
    'siws: Chain ID is not valid',
  ],
  [
    'with a line that says nothing',
    { message: `${good}\nnothing` },
    'siws: encountered unparsable line at index 9',
  ],
  [
    'with a broken resource',
    { message: `${good}\nResources:\n- https://a.example\n- b` },
    'siws: Resource at position 1 has invalid URI',
  ],
  [
    'with a short signature',
    { signature: 'AAAA' },
    'signature must be 64 bytes encoded as base64 with or without padding',
  ],
  [
    'with a strange signature',
    { signature: '!'.repeat(86) },
    'signature does not contain valid base64 characters',
  ],
]
test.each(malformed)('a message that is %s is refused', async (_, part, msg) => {
  const body = { chain: 'solana', message: good, signature: 'A'.repeat(86), ...part }
  expect(await grant(body)).toMatchObject({
    status: 400,
    body: { error_code: 'validation_failed', msg },
  })
})

test('chains are turned on one by one', async () => {
  auth.configure({ 'auth.web3.ethereum.enabled': false })
  expect(await signIn(ethereumWallet())).toMatchObject({
    status: 422,
    body: { error_code: 'web3_provider_disabled', msg: 'Ethereum Web3 provider is disabled' },
  })
  expect(await grant({ chain: 'bitcoin' })).toMatchObject({
    status: 400,
    body: { error_code: 'web3_unsupported_chain', msg: 'Unsupported chain' },
  })
  auth.configure({ 'auth.web3.ethereum.enabled': false, 'auth.web3.solana.enabled': false })
  expect((await signIn(solanaWallet())).body).toMatchObject({
    error_code: 'web3_provider_disabled',
    msg: 'Web3 provider is disabled',
  })
})
