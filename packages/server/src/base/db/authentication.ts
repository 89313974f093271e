/** Answers to a backend's authentication requests: password, md5 (RFC 1321 as Postgres salts it), SCRAM-SHA-256 (RFC 5802, 7677). */
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { BoundedCache } from '#base/kernel'
import { ConnectionError } from './errors.ts'

const derive = promisify(pbkdf2)

/**
 * The salt of a role stays, and so does what is derived with it: 3 ms of a processor for each connection, of which a project
 * that is opened needs ten. By a digest: no password is a key here.
 */
const derived = new BoundedCache<string, Promise<Buffer>>(256)

function saltedPassword(password: string, salt: string, iterations: number): Promise<Buffer> {
  const name = createHash('sha256').update(`${iterations} ${salt} ${password}`).digest('base64')
  let salted = derived.get(name)
  if (salted === undefined) {
    salted = derive(password, Buffer.from(salt, 'base64'), iterations, 32, 'sha256')
    derived.set(name, salted)
  }
  return salted
}

/** `md5` + md5(md5(password + user) + salt) */
export function md5Password(user: string, password: string, salt: Uint8Array): string {
  const inner = createHash('md5')
    .update(password + user, 'utf8')
    .digest('hex')
  return `md5${createHash('md5').update(inner).update(salt).digest('hex')}`
}

const hmac = (key: Uint8Array, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest()
const refuse = (message: string): ConnectionError => new ConnectionError('connect', message)

/** One SCRAM-SHA-256 exchange: `first()`, then `final(serverFirst)`, then `verify(serverFinal)`. */
export class ScramExchange {
  readonly #password: string
  readonly #nonce = randomBytes(18).toString('base64')
  #serverSignature: Buffer | null = null

  constructor(password: string) {
    this.#password = password.normalize('NFKC')
  }

  first(): string {
    return `n,,n=*,r=${this.#nonce}`
  }

  /** @throws ConnectionError when the server's nonce does not continue ours, or its parameters are not usable. */
  async final(serverFirst: string): Promise<string> {
    const fields = new Map(
      serverFirst.split(',').map((field) => [field[0] as string, field.slice(2)] as const),
    )
    const nonce = fields.get('r') ?? ''
    const iterations = Number(fields.get('i'))
    const salt = fields.get('s')
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length || salt === undefined)
      throw refuse('SCRAM: the server sent an invalid first message')
    if (!Number.isInteger(iterations) || iterations < 1 || iterations > 10_000_000)
      throw refuse('SCRAM: the server asks for an unusable number of iterations')
    const salted = await saltedPassword(this.#password, salt, iterations)
    const withoutProof = `c=biws,r=${nonce}`
    const message = `n=*,r=${this.#nonce},${serverFirst},${withoutProof}`
    const clientKey = hmac(salted, 'Client Key')
    const storedKey = createHash('sha256').update(clientKey).digest()
    const signature = hmac(storedKey, message)
    const proof = Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] as number)))
    this.#serverSignature = hmac(hmac(salted, 'Server Key'), message)
    return `${withoutProof},p=${proof.toString('base64')}`
  }

  /** @throws ConnectionError when the server does not know the password either. */
  verify(serverFinal: string): void {
    const given = Buffer.from(/^v=([^,]+)/.exec(serverFinal)?.[1] ?? '', 'base64')
    const expected = this.#serverSignature
    if (expected === null || given.length !== expected.length || !timingSafeEqual(given, expected))
      throw refuse('SCRAM: the server could not prove that it knows the password')
  }
}
