/**
 * Messages wallets sign to sign in: EIP-4361 for Ethereum, and Solana's form of it. Refusals in GoTrue's words
 * (supabase/auth internal/utilities/siwe, siws).
 */

export type Chain = 'ethereum' | 'solana'

export interface SignInMessage {
  /** Exactly what was signed. */
  readonly raw: string
  readonly domain: string
  readonly address: string
  readonly statement: string
  readonly uri: URL
  /** As written. */
  readonly uriText: string
  readonly chainId: string
  readonly issuedMs: number
  readonly expiresMs: number | null
  readonly notBeforeMs: number | null
}

/** What is wrong with a message; the text is for the caller. */
export class BadMessage extends Error {
  override readonly name = 'BadMessage'
}

interface Dialect {
  readonly prefix: string
  readonly account: string
  readonly address: RegExp
  readonly addressRefusal: string
  readonly isNetwork: (text: string) => boolean
}

const dialects: Readonly<Record<Chain, Dialect>> = {
  ethereum: {
    prefix: 'siwe',
    account: 'Ethereum',
    address: /^0x[a-fA-F0-9]{40}$/,
    addressRefusal: 'wallet address is not a valid Ethereum address',
    isNetwork: (text) => /^\d{1,15}$/.test(text) && Number(text) > 0,
  },
  solana: {
    prefix: 'siws',
    account: 'Solana',
    address: /^[a-zA-Z0-9]{32,44}$/,
    addressRefusal: 'wallet address is not in base58 format',
    isNetwork: (text) => text === '' || /^solana:(main|dev|test|local)net$/.test(text),
  },
}

const domainFormat =
  /^(localhost|(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]{2,})(?::\d{1,5})?$/

/** @throws BadMessage */
export function parseSignInMessage(raw: string, chain: Chain): SignInMessage {
  const dialect = dialects[chain]
  const refuse = (reason: string): BadMessage => new BadMessage(`${dialect.prefix}: ${reason}`)
  const lines = raw.split('\n')
  if (lines.length < 6) throw refuse('message needs at least 6 lines')
  const suffix = ` wants you to sign in with your ${dialect.account} account:`
  const [header = '', second = '', third, fourth = '', fifth] = lines
  if (!header.endsWith(suffix)) {
    throw refuse(`message first line does not end in "${suffix}"`)
  }
  const domain = header.slice(0, -suffix.length).trim()
  if (!domainFormat.test(domain)) throw refuse('domain in first line of message is not valid')
  const address = second.trim()
  if (!dialect.address.test(address)) throw refuse(dialect.addressRefusal)
  if (third !== '') throw refuse('third line must be empty')
  const hasStatement = fourth !== '' && fifth === ''
  const fields = readFields(lines, hasStatement ? 5 : 3, refuse)
  const { uriText, ...checked } = checkFields(fields, dialect, refuse)
  const uri = parseUri(uriText)
  if (uri === null) throw refuse('URI is not valid')
  return { raw, domain, address, statement: hasStatement ? fourth : '', uri, uriText, ...checked }
}

type Refuse = (reason: string) => BadMessage

/** `Name: value` lines behind the statement; resources are looked at and forgotten. */
function readFields(lines: readonly string[], start: number, refuse: Refuse): Map<string, string> {
  const fields = new Map<string, string>()
  let resources = -1
  for (let i = start; i < lines.length; i++) {
    const line = (lines[i] ?? '').trim()
    if (resources >= 0 && line.startsWith('- ')) {
      if (parseUri(line.slice(2).trim()) === null) {
        throw refuse(`Resource at position ${resources} has invalid URI`)
      }
      resources++
      continue
    }
    resources = line === 'Resources:' ? 0 : -1
    if (line === '' || line === 'Resources:') continue
    const colon = line.indexOf(':')
    if (colon === -1) throw refuse(`encountered unparsable line at index ${i}`)
    fields.set(line.slice(0, colon), line.slice(colon + 1).trim())
  }
  return fields
}

type Checked = Pick<SignInMessage, 'uriText' | 'chainId' | 'issuedMs' | 'expiresMs' | 'notBeforeMs'>

function checkFields(
  fields: ReadonlyMap<string, string>,
  dialect: Dialect,
  refuse: Refuse,
): Checked {
  const chainId = fields.get('Chain ID')
  if (chainId !== undefined && !dialect.isNetwork(chainId)) throw refuse('Chain ID is not valid')
  const time = (name: string): number | null => {
    const text = fields.get(name)
    const ms = text === undefined ? null : parseTime(text)
    if (ms !== null && Number.isNaN(ms)) throw refuse(`${name} is not a valid ISO8601 timestamp`)
    return ms
  }
  const issuedMs = time('Issued At')
  const expiresMs = time('Expiration Time')
  const notBeforeMs = time('Not Before')
  const version = fields.get('Version') ?? ''
  if (version !== '1') {
    throw refuse(`Version value is not supported, expected 1 got ${JSON.stringify(version)}`)
  }
  if (issuedMs === null) throw refuse('Issued At is not specified')
  const uriText = fields.get('URI') ?? ''
  if (uriText === '') throw refuse('URI is not specified')
  if (expiresMs !== null && issuedMs > expiresMs) {
    throw refuse('Issued At is after Expiration Time')
  }
  if (notBeforeMs !== null && expiresMs !== null && notBeforeMs > expiresMs) {
    throw refuse('Not Before is after Expiration Time')
  }
  return { uriText, chainId: chainId ?? '', issuedMs, expiresMs, notBeforeMs }
}

function parseUri(text: string): URL | null {
  try {
    return new URL(text)
  } catch {
    return null
  }
}

/** RFC 3339 only; what else `Date.parse` reads differs between engines. */
function parseTime(text: string): number {
  const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/.test(text)
  return isTime ? Date.parse(text) : Number.NaN
}
