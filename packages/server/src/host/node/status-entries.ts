/** What `basalt status` prints: the Supabase CLI's names for URLs and keys. */
import type { Config } from '#base/config'

export interface StatusEntry {
  /** Path for `--override-name`: `api.url`. */
  readonly path: string
  /** `API_URL` */
  readonly name: string
  readonly value: string
  /** For the table; null for what only programs need. */
  readonly label: string | null
}

export interface StatusSource {
  readonly config: Config
  readonly url: string
  readonly dbUrl: string
  /** Of the page with caught mail; null without one. */
  readonly inboxUrl: string | null
  readonly keys: {
    readonly jwtSecret: string
    readonly anonKey: string
    readonly serviceRoleKey: string
    readonly publishableKey: string
    readonly secretKey: string
  }
}

/** Only of what is served: a name without a service would be a broken promise in somebody's .env file. */
export function statusEntries({ config, url, dbUrl, inboxUrl, keys }: StatusSource): StatusEntry[] {
  const rest = config['api.enabled']
  const rows: [included: boolean, path: string, value: string, label: string | null][] = [
    [true, 'api.url', url, 'API URL'],
    [rest, 'api.rest_url', `${url}/rest/v1`, null],
    [true, 'db.url', dbUrl, 'Database URL'],
    [inboxUrl !== null, 'mailpit.url', inboxUrl ?? '', 'Caught mail'],
    [inboxUrl !== null, 'inbucket.url', inboxUrl ?? '', null],
    [true, 'auth.publishable_key', keys.publishableKey, 'Publishable key'],
    [true, 'auth.secret_key', keys.secretKey, 'Secret key'],
    [true, 'auth.jwt_secret', keys.jwtSecret, null],
    [true, 'auth.anon_key', keys.anonKey, 'anon key'],
    [true, 'auth.service_role_key', keys.serviceRoleKey, 'service_role key'],
  ]
  return rows
    .filter(([included]) => included)
    .map(([, path, value, label]) => ({ path, name: nameOf(path), value, label }))
}

/** `api.rest_url` → `REST_URL`, `auth.anon_key` → `ANON_KEY`; a bare `url` keeps its section: `API_URL`. */
function nameOf(path: string): string {
  const [section = '', key = ''] = path.split('.')
  return (key === 'url' ? `${section}_url` : key).toUpperCase()
}
