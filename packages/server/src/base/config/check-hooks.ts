/** Whether the hooks of Auth can be called at all: what GoTrue refuses at its start. */
import type { ConfigProblem } from './problem.ts'
import type { Config } from './schema.ts'

const localHosts = [
  'localhost',
  '127.0.0.1',
  '[::1]',
  'host.docker.internal',
  // what Supabase's containers call the project itself
  'kong',
  'api.supabase.internal',
]
const symmetric = /^v1,whsec_[A-Za-z0-9+/=]{32,88}$/
const sqlName = /^[a-zA-Z_][a-zA-Z0-9_]{0,62}$/

export function checkHooks(config: Config, source: string): ConfigProblem[] {
  return Object.entries(config['auth.hook']).flatMap(([name, hook]) => {
    if (!hook.enabled) return []
    const key = `auth.hook.${name}`
    const uri = checkUri(hook.uri)
    const secrets = /^https?:/i.test(hook.uri) ? checkSecrets(hook.secrets) : null
    return [
      ...(uri === null ? [] : [{ source, key: `${key}.uri`, message: uri }]),
      ...(secrets === null ? [] : [{ source, key: `${key}.secrets`, message: secrets }]),
    ]
  })
}

function checkUri(uri: string): string | null {
  if (!URL.canParse(uri)) return 'expected pg-functions://postgres/<schema>/<function> or a URL'
  const { protocol, hostname, pathname } = new URL(uri)
  if (protocol === 'https:') return null
  if (protocol === 'http:') {
    return localHosts.includes(hostname) ? null : 'expected https: http is for this machine only'
  }
  if (protocol !== 'pg-functions:') {
    return 'expected pg-functions://postgres/<schema>/<function> or a URL'
  }
  const [, schema = '', name = '', ...rest] = pathname.split('/')
  const isWhole = sqlName.test(schema) && sqlName.test(name) && rest.length === 0
  return isWhole ? null : 'expected pg-functions://postgres/<schema>/<function>'
}

/** Never shows them. */
function checkSecrets(secrets: string): string | null {
  const isKnown = secrets.split('|').every((secret) => secret === '' || symmetric.test(secret))
  return isKnown ? null : 'expected v1,whsec_<base64>, several separated by |'
}
