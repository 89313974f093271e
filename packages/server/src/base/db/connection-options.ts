/** Where and how to connect: parsed from a `postgres://` URL. */
import { ConnectionError } from './errors.ts'

/** As libpq's sslmode; `allow` is not offered (it would try without TLS first). */
export type SslMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'

export interface ConnectionOptions {
  /** A host name or address, or a directory (begins with `/`) that holds the Unix socket. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string | null
  readonly database: string
  readonly sslMode: SslMode
  /** PEM texts. */
  readonly sslRootCert?: string
  readonly sslCert?: string
  readonly sslKey?: string
  readonly applicationName: string
  /** Extra settings for the session (`options` of the URL, `-c name=value` only). */
  readonly settings: Readonly<Record<string, string>>
  readonly connectTimeoutMs: number
}

const sslModes: readonly string[] = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full']

/**
 * `postgres://user:pw@host:5432/db?sslmode=require` → options. `?host=/run/postgresql` names a socket directory.
 * `readFile` supplies the PEM files that `sslrootcert`, `sslcert`, `sslkey` name.
 * @throws ConnectionError naming the part that cannot be understood; the message never contains the password.
 */
export function parseConnectionUrl(
  url: string,
  readFile: (path: string) => string = () => '',
): ConnectionOptions {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    throw invalid('it is not a URL (is a special character in the password not percent-encoded?)')
  }
  if (parsed.protocol !== 'postgres:' && parsed.protocol !== 'postgresql:')
    throw invalid(`it begins with ${parsed.protocol} instead of postgres:`)
  const query = parsed.searchParams
  const host = query.get('host') ?? decodeURIComponent(parsed.hostname.replace(/^\[|\]$/g, ''))
  const user = decodeURIComponent(parsed.username) || (query.get('user') ?? '')
  const password = decodeURIComponent(parsed.password) || query.get('password')
  if (user === '') throw invalid('it names no user')
  const sslMode = query.get('sslmode') ?? 'prefer'
  if (!sslModes.includes(sslMode)) throw invalid(`sslmode is one of ${sslModes.join(', ')}`)
  const pem = (name: string): string | undefined => {
    const path = query.get(name)
    return path === null ? undefined : readFile(path)
  }
  const [sslRootCert, sslCert, sslKey] = [pem('sslrootcert'), pem('sslcert'), pem('sslkey')]
  return {
    host: host === '' ? '127.0.0.1' : host,
    port: Number(parsed.port || query.get('port') || 5432),
    user,
    password,
    database: decodeURIComponent(parsed.pathname.slice(1)) || user,
    sslMode: sslMode as SslMode,
    ...(sslRootCert === undefined ? {} : { sslRootCert }),
    ...(sslCert === undefined ? {} : { sslCert }),
    ...(sslKey === undefined ? {} : { sslKey }),
    applicationName: query.get('application_name') ?? 'basalt',
    settings: parseSettings(query.get('options') ?? ''),
    connectTimeoutMs: Number(query.get('connect_timeout') ?? 10) * 1000,
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
