/** What `basalt status` prints: the Supabase CLI's names for URLs and keys. */
import type { Config } from '#base/config'
import { s3Keys } from '#services/storage'

export interface StatusEntry {
  /** Path for `--override-name`: `api.url`. */
  readonly path: string
  /** `API_URL` */
  readonly name: string
  readonly value: string
  /** In the table, where that is another one. */
  readonly shown?: string
  /** For the table; null for what only programs need. */
  readonly label: string | null
}

export interface StatusSource {
  readonly config: Config
  readonly url: string
  readonly dbUrl: string
  /** Of the page with caught mail; null without one. */
  readonly inboxUrl: string | null
  /** `link` signs in once; null without it. */
  readonly studio: { readonly url: string; readonly link: string } | null
  readonly keys: {
    readonly jwtSecret: string
    readonly anonKey: string
    readonly serviceRoleKey: string
    readonly publishableKey: string
    readonly secretKey: string
  }
}

/** Only of what is served: a name without a service would be a broken promise in somebody's .env file. */
export function statusEntries(source: StatusSource): StatusEntry[] {
  const { config, url, dbUrl, inboxUrl, studio, keys } = source
  const rest = config['api.enabled']
  const s3 = config['storage.enabled'] && config['storage.s3_protocol.enabled']
  const { accessKeyId, secretAccessKey, region } = s3Keys(config, keys.jwtSecret)
  const rows: [included: boolean, path: string, value: string, label: string | null][] = [
    [true, 'api.url', url, 'API URL'],
    [rest, 'api.rest_url', `${url}/rest/v1`, null],
    [config['edge_runtime.enabled'], 'api.functions_url', `${url}/functions/v1`, null],
    [s3, 'api.storage_s3_url', `${url}/storage/v1/s3`, null],
    [true, 'db.url', dbUrl, 'Database URL'],
    [studio !== null, 'studio.url', studio?.url ?? '', 'Studio'],
    [inboxUrl !== null, 'mailpit.url', inboxUrl ?? '', 'Caught mail'],
    [inboxUrl !== null, 'inbucket.url', inboxUrl ?? '', null],
    [true, 'auth.publishable_key', keys.publishableKey, 'Publishable key'],
    [true, 'auth.secret_key', keys.secretKey, 'Secret key'],
    [true, 'auth.jwt_secret', keys.jwtSecret, null],
    [true, 'auth.anon_key', keys.anonKey, 'anon key'],
    [true, 'auth.service_role_key', keys.serviceRoleKey, 'service_role key'],
    [s3, 'storage.s3_access_key_id', accessKeyId, null],
    [s3, 'storage.s3_secret_access_key', secretAccessKey, null],
    [s3, 'storage.s3_region', region, null],
  ]
  return rows
    .filter(([included]) => included)
    .map(([, path, value, label]) => ({
      path,
      name: nameOf(path),
      value,
      label,
      ...(path === 'studio.url' ? { shown: studio?.link ?? value } : {}),
    }))
}

/** Whose names are not made of their paths. */
const names: Readonly<Record<string, string>> = {
  'storage.s3_access_key_id': 'S3_PROTOCOL_ACCESS_KEY_ID',
  'storage.s3_secret_access_key': 'S3_PROTOCOL_ACCESS_KEY_SECRET',
  'storage.s3_region': 'S3_PROTOCOL_REGION',
}

/** `api.rest_url` → `REST_URL`, `auth.anon_key` → `ANON_KEY`; a bare `url` keeps its section: `API_URL`. */
function nameOf(path: string): string {
  const [section = '', key = ''] = path.split('.')
  const known = names[path]
  if (known !== undefined) return known
  return (key === 'url' ? `${section}_url` : key).toUpperCase()
}
