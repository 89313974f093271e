/** A security key in software: makes keys and signs with them as WebAuthn says. For tests. */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

export interface CreationOptions {
  readonly rp: { readonly id: string }
  readonly user: { readonly id: string }
  readonly challenge: string
  readonly excludeCredentials?: readonly { readonly id: string }[]
}
export interface RequestOptions {
  readonly rpId: string
  readonly challenge: string
  readonly allowCredentials?: readonly { readonly id: string }[]
}

interface OwnKey {
  readonly id: string
  readonly rpId: string
  readonly userHandle: string
  readonly privateKey: KeyObject
  counter: number
}

/** What an attacker, or a browser elsewhere, would get different. */
export interface Twist {
  readonly origin?: string
  readonly rpId?: string
  readonly challenge?: string
  readonly userHandle?: string
  readonly badSignature?: boolean
  /** Does not count up. */
  readonly isCopy?: boolean
}

export class Authenticator {
  readonly origin: string
  readonly aaguid: Buffer
  readonly #keys: OwnKey[] = []

  constructor(origin: string, aaguid = '00000000-0000-0000-0000-000000000000') {
    this.origin = origin
    this.aaguid = Buffer.from(aaguid.replaceAll('-', ''), 'hex')
  }

  get keyIds(): readonly string[] {
    return this.#keys.map(({ id }) => id)
  }

  /** `navigator.credentials.create`, as JSON. */
  create(options: CreationOptions, twist: Twist = {}): Record<string, unknown> {
    const known = options.excludeCredentials ?? []
    if (known.some(({ id }) => this.keyIds.includes(id))) throw new Error('InvalidStateError')
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const id = randomBytes(16)
    const rpId = twist.rpId ?? options.rp.id
    const key = { id: id.toString('base64url'), rpId, userHandle: options.user.id, privateKey }
    this.#keys.push({ ...key, counter: 0 })
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
    const cose = cborMap([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, Buffer.from(x, 'base64url')],
      [-3, Buffer.from(y, 'base64url')],
    ])
    const length = Buffer.alloc(2)
    length.writeUInt16BE(id.length)
    const attested = Buffer.concat([this.aaguid, length, id, cose])
    const authData = Buffer.concat([this.#head(rpId, 0x45, 0), attested])
    const attestation = cborMap([
      ['fmt', 'none'],
      ['attStmt', nothing],
      ['authData', authData],
    ])
    return {
      id: key.id,
      rawId: key.id,
      type: 'public-key',
      clientExtensionResults: {},
      response: {
        clientDataJSON: this.#clientData('webauthn.create', options.challenge, twist),
        attestationObject: attestation.toString('base64url'),
        transports: ['internal'],
      },
    }
  }

  /** `navigator.credentials.get`, as JSON. */
  get(options: RequestOptions, twist: Twist = {}): Record<string, unknown> {
    const allowed = options.allowCredentials
    const key = this.#keys.find(
      ({ id, rpId }) =>
        rpId === options.rpId && (allowed === undefined || allowed.some((one) => one.id === id)),
    )
    if (key === undefined) throw new Error('NotAllowedError')
    if (twist.isCopy !== true) key.counter++
    const clientData = this.#clientData('webauthn.get', options.challenge, twist)
    const authData = this.#head(twist.rpId ?? key.rpId, 0x05, key.counter)
    const hash = createHash('sha256').update(Buffer.from(clientData, 'base64url')).digest()
    const signed = Buffer.concat([authData, hash])
    const signature = sign('sha256', signed, key.privateKey)
    if (twist.badSignature === true)
      signature.writeUInt8((signature.at(-1) ?? 0) ^ 1, signature.length - 1)
    return {
      id: key.id,
      rawId: key.id,
      type: 'public-key',
      clientExtensionResults: {},
      response: {
        clientDataJSON: clientData,
        authenticatorData: authData.toString('base64url'),
        signature: signature.toString('base64url'),
        userHandle: twist.userHandle ?? key.userHandle,
      },
    }
  }

  #head(rpId: string, flags: number, counter: number): Buffer {
    const head = Buffer.alloc(37)
    createHash('sha256').update(rpId).digest().copy(head)
    head.writeUInt8(flags, 32)
    head.writeUInt32BE(counter, 33)
    return head
  }

  #clientData(type: string, challenge: string, twist: Twist): string {
    const data = {
      type,
      challenge: twist.challenge ?? challenge,
      origin: twist.origin ?? this.origin,
      crossOrigin: false,
    }
    return Buffer.from(JSON.stringify(data)).toString('base64url')
  }
}

/** The one empty map of an attestation statement. */
const nothing = Symbol('empty map')
type Cbor = number | string | Buffer | typeof nothing

/** CBOR (RFC 8949), as far as keys and attestations need it. */
function cborMap(entries: readonly (readonly [Cbor, Cbor])[]): Buffer {
  return Buffer.concat([head(5, entries.length), ...entries.flat().map(cbor)])
}

function cbor(value: Cbor): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') return Buffer.concat([head(3, value.length), Buffer.from(value)])
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value])
  return head(5, 0)
}

function head(major: number, argument: number): Buffer {
  if (argument < 24) return Buffer.of((major << 5) | argument)
  if (argument < 256) return Buffer.of((major << 5) | 24, argument)
  return Buffer.of((major << 5) | 25, argument >> 8, argument & 255)
}
