/** Where and how to connect: parsed from a `postgres://` URL. */
import { readFileSync } from 'node:fs'
import { ConnectionError } from './errors.ts'
import { Servers } from './servers.ts'
import type { ServerAddress } from './servers.ts'

/** As libpq's sslmode; `allow` is not offered (it would try without TLS first). */
export type SslMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'

export interface ConnectionOptions {
  /** A host name or address, or a directory (begins with `/`) that holds the Unix socket. */
  readonly host: string
  readonly port: number
  /** Those the host and port are one of, tried in turn. */
  readonly servers?: Servers
  /** A standby is no server for us (`target_session_attrs=read-write`, as libpq has it). */
  readonly needsPrimary: boolean
  readonly user: string
  readonly password: string | null
  readonly database: string
  readonly sslMode: SslMode
  /** PEM texts; without a root the certificates of Node's own authorities are good. */
  readonly sslRootCert?: string
  readonly sslCert?: string
  readonly sslKey?: string
  /** Of the key. */
  readonly sslPassword?: string
  readonly applicationName: string
  /** Extra settings for the session (`options` of the URL, `-c name=value` only). */
  readonly settings: Readonly<Record<string, string>>
  readonly connectTimeoutMs: number
}

const sslModes: readonly string[] = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full']

/**
 * `postgres://user:pw@host:5432/db?sslmode=require` → options. `?host=/run/postgresql` names a socket directory.
 * Several servers: `?host=one,two&port=5432,5433` or `@one:5432,two:5433/`, of which the one that takes writes is used, unless
 * `target_session_attrs=any`. `readFile` supplies the PEM files that `sslrootcert`, `sslcert`, `sslkey` name. As with libpq, `sslmode=require` with a
 * root verifies against it, and `sslrootcert=system` means the authorities everybody trusts, and verifies the name too.
 * @throws ConnectionError naming the part that cannot be understood; the message never contains the password.
 */
export function parseConnectionUrl(
  url: string,
  readFile: (path: string) => string = (path) => readFileSync(path, 'utf8'),
): ConnectionOptions {
  let parsed: URL
  try {
    parsed = new URL(withOneHost(url))
  } catch {
    throw invalid('it is not a URL (is a special character in the password not percent-encoded?)')
  }
  if (parsed.protocol !== 'postgres:' && parsed.protocol !== 'postgresql:')
    throw invalid(`it begins with ${parsed.protocol} instead of postgres:`)
  const query = parsed.searchParams
  const user = decodeURIComponent(parsed.username) || (query.get('user') ?? '')
  const password = decodeURIComponent(parsed.password) || query.get('password')
  if (user === '') throw invalid('it names no user')
  const addresses = parseAddresses(parsed)
  return {
    ...(addresses[0] as ServerAddress),
    ...(addresses.length > 1 ? { servers: new Servers(addresses) } : {}),
    needsPrimary: needsPrimary(query.get('target_session_attrs'), addresses.length > 1),
    user,
    password,
    database: decodeURIComponent(parsed.pathname.slice(1)) || user,
    ...parseTls(query, readFile),
    applicationName: query.get('application_name') ?? 'basalt',
    settings: parseSettings(query.get('options') ?? ''),
    connectTimeoutMs: Number(query.get('connect_timeout') ?? 10) * 1000,
  }
}

/**
 * As `parseConnectionUrl`, of a database that is written to: behind a failover its name may still mean the server that became a
 * standby, and who connected there would stay. `target_session_attrs=any` takes it all the same.
 */
export function parsePrimaryUrl(url: string): ConnectionOptions {
  const options = parseConnectionUrl(url)
  const isAsked = new URL(withOneHost(url)).searchParams.has('target_session_attrs')
  return isAsked ? options : { ...options, needsPrimary: true }
}

/** `@one:1,two:2/` is no URL to others: `@one:1/…?host=one,two&port=1,2` is, and means the same to libpq. */
export function withOneHost(url: string): string {
  const [, scheme, login = '', hosts = '', rest = ''] =
    /^(postgres(?:ql)?:\/\/)([^@/?#]*@)?([^@/?#]*,[^@/?#]*)((?:[/?#].*)?)$/s.exec(url) ?? []
  if (scheme === undefined) return url
  const parts = hosts.split(',').map((part) => /^(.*?)(?::(\d*))?$/.exec(part) ?? [])
  const names = parts.map(([, host = '']) => host.replace(/^\[|\]$/g, ''))
  const ports = parts.map(([, , port]) => (port === undefined || port === '' ? '5432' : port))
  const [path = '', query = ''] = rest.split(/\?(.*)/s)
  const servers = `host=${names.map(encodeURIComponent).join(',')}&port=${ports.join(',')}`
  return `${scheme}${login}${parts[0]?.[0] ?? ''}${path}?${servers}${query === '' ? '' : `&${query}`}`
}

/** As many ports as hosts, or one for all. */
function parseAddresses({ searchParams, hostname, port }: URL): readonly ServerAddress[] {
  const given = searchParams.get('host')
  const hosts = (given ?? decodeURIComponent(hostname.replace(/^\[|\]$/g, ''))).split(',')
  const ports = (
    given?.includes(',') === true
      ? (searchParams.get('port') ?? '5432')
      : port || (searchParams.get('port') ?? '5432')
  ).split(',')
  if (ports.length !== 1 && ports.length !== hosts.length)
    throw invalid(`it names ${hosts.length} hosts and ${ports.length} ports`)
  return hosts.map((host, at) => ({
    host: host === '' ? '127.0.0.1' : host,
    port: Number((ports.length === 1 ? ports[0] : ports[at]) || 5432),
  }))
}

function needsPrimary(asked: string | null, isOneOfSeveral: boolean): boolean {
  if (asked === null) return isOneOfSeveral
  if (asked === 'any') return false
  if (asked === 'read-write' || asked === 'primary') return true
  throw invalid('target_session_attrs is any, read-write or primary')
}

type Tls = Pick<ConnectionOptions, 'sslMode' | 'sslRootCert' | 'sslCert' | 'sslKey' | 'sslPassword'>

function parseTls(query: URLSearchParams, readFile: (path: string) => string): Tls {
  const isSystem = query.get('sslrootcert') === 'system'
  const mode = query.get('sslmode') ?? (isSystem ? 'verify-full' : 'prefer')
  if (!sslModes.includes(mode)) throw invalid(`sslmode is one of ${sslModes.join(', ')}`)
  if (isSystem && mode !== 'verify-full')
    throw invalid(
      'sslrootcert=system needs sslmode=verify-full: anybody can have such a certificate',
    )
  const pem = (name: string): string | undefined => {
    const path = query.get(name)
    if (path === null) return undefined
    try {
      return readFile(path)
    } catch (error) {
      throw invalid(`${name} cannot be read: ${error instanceof Error ? error.message : path}`)
    }
  }
  const sslRootCert = isSystem ? undefined : pem('sslrootcert')
  const [sslCert, sslKey] = [pem('sslcert'), pem('sslkey')]
  if ((sslCert === undefined) !== (sslKey === undefined))
    throw invalid('sslcert and sslkey are given together')
  const sslPassword = query.get('sslpassword')
  return {
    sslMode: mode === 'require' && sslRootCert !== undefined ? 'verify-ca' : (mode as SslMode),
    ...(sslRootCert === undefined ? {} : { sslRootCert }),
    ...(sslCert === undefined || sslKey === undefined ? {} : { sslCert, sslKey }),
    ...(sslPassword === null ? {} : { sslPassword }),
  }
}

function parseSettings(options: string): Record<string, string> {
  const settings: Record<string, string> = {}
  for (const match of options.matchAll(/(?:-c\s*|--)([\w.]+)=((?:\\.|\S)*)/g))
    settings[match[1] as string] = (match[2] as string).replace(/\\(.)/g, '$1')
  return settings
}

function invalid(why: string): ConnectionError {
  return new ConnectionError('connect', `The database URL cannot be used: ${why}`)
}

/** `host:port` or the socket's path, for messages. */
export function describeAddress(options: ConnectionOptions): string {
  return options.host.startsWith('/') ? socketPath(options) : `${options.host}:${options.port}`
}

/** `/run/postgresql/.s.PGSQL.5432` */
export function socketPath(options: ConnectionOptions): string {
  return `${options.host}/.s.PGSQL.${options.port}`
}
