/** Checks of a configuration: what is open to the world that should not be. Reads certificates, else pure. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Config } from '#base/config'
import { isLoopback } from '#base/http'
import { defaultKeys, hasDefaultSecret } from '#base/token'
import { check, checkNone } from './check.ts'
import type { Check } from './check.ts'

const dayMs = 86_400_000
/** A renewal that fails leaves so long to notice. */
const soonDays = 14

/** Keys that everybody knows are fit for a machine of one's own. */
export function keysCheck(
  keys: { readonly jwtSecret: string; readonly secretKey: string },
  isReachable: boolean,
): Check {
  const isOpen = isReachable && hasDefaultSecret(keys)
  return check(
    'keys',
    !isOpen,
    isOpen ? 'The keys are those everybody knows' : 'The keys are fit for where the project is',
    'Set auth.jwt_secret to a secret of its own: openssl rand -base64 48.',
    'error',
  )
}

export function configChecks(config: Config, workdir: string, now = Date.now()): Check[] {
  const host = config['basalt.host']
  const isOpen = !isLoopback(host)
  const jwtSecret = config['auth.jwt_secret']
  const secretKey = config['auth.secret_key'] ?? defaultKeys(jwtSecret).secretKey
  const isSecure = config['api.tls.enabled'] || config['basalt.trusted_proxies'].length > 0
  return [
    keysCheck({ jwtSecret, secretKey }, isOpen),
    checkNone('ports', openPorts(config), {
      none: 'Metrics, Studio and caught mail are for this machine alone',
      some: 'Open to whoever reaches this machine',
      remedy: 'Set the option to 127.0.0.1, or keep the port behind a firewall.',
    }),
    check(
      'transport',
      !isOpen || isSecure,
      isOpen
        ? `The API is served on ${host} ${isSecure ? 'behind TLS' : 'without TLS'}`
        : 'The API is served to this machine',
      'Turn on [api.tls], or name the proxy in front that has the certificate in basalt.trusted_proxies.',
    ),
    check(
      'rate_limits',
      !isOpen || config['basalt.rate_limit.enabled'],
      config['basalt.rate_limit.enabled'] ? 'Requests are limited' : 'Requests are not limited',
      'Set basalt.rate_limit.enabled = true: one client can take all there is.',
    ),
    databaseTransport(config),
    ...certificateChecks(config, workdir, now),
    securityTxtCheck(config, now),
  ]
}

function openPorts(config: Config): string[] {
  const hosts = ['basalt.admin_host', 'basalt.studio.host', 'basalt.inbox_host'] as const
  return hosts
    .filter((key) => !isLoopback(config[key]))
    .filter((key) => key !== 'basalt.studio.host' || config['studio.enabled'])
    .filter((key) => key !== 'basalt.inbox_host' || config['inbucket.enabled'])
    .map((key) => `${key} = "${config[key]}"`)
}

function databaseTransport(config: Config): Check {
  const url = config['basalt.db_url'] ?? config['basalt.fleet.control_db_url']
  const parsed = url !== null && URL.canParse(url) ? new URL(url) : null
  const mode = parsed?.searchParams.get('sslmode') ?? 'prefer'
  const isFar = parsed !== null && parsed.hostname !== '' && !isLoopback(parsed.hostname)
  const isOpen = isFar && ['disable', 'allow', 'prefer'].includes(mode)
  return check(
    'database_transport',
    !isOpen,
    isFar ? `The way to the database has sslmode=${mode}` : 'The database is on this machine',
    'Add sslmode=verify-full&sslrootcert=… to its URL: passwords and rows go over the network.',
  )
}

function certificateChecks(config: Config, workdir: string, now: number): Check[] {
  if (!config['api.tls.enabled']) return []
  const path = config['api.tls.cert_path']
  try {
    const text = readFileSync(resolve(workdir, 'supabase', path ?? ''))
    return [certificateCheck(new X509Certificate(text).validTo, now)]
  } catch (error) {
    const remedy = 'Set api.tls.cert_path to a certificate in PEM format.'
    return [check('certificate', false, (error as Error).message, remedy, 'error')]
  }
}

/** `validTo` as certificates say it. */
export function certificateCheck(validTo: string, now: number): Check {
  const days = Math.floor((Date.parse(validTo) - now) / dayMs)
  return check(
    'certificate',
    days >= soonDays,
    days < 0 ? `The certificate expired on ${validTo}` : `The certificate holds for ${days} days`,
    'Renew it; a new file is taken up while we run.',
    days < 0 ? 'error' : 'warning',
  )
}

function securityTxtCheck(config: Config, now: number): Check {
  const expires = config['basalt.security_txt.expires']
  const isOver = expires !== null && Date.parse(expires) < now
  return check(
    'security_txt',
    !isOver,
    isOver ? `security.txt expired on ${expires}` : 'security.txt has not expired',
    'Set basalt.security_txt.expires to a later time, or take it out.',
  )
}
