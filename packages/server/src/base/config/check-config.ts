/** What no single option can see: values that exclude each other. */
import { checkCache } from './check-cache.ts'
import { checkEdge } from './check-edge.ts'
import { checkHooks } from './check-hooks.ts'
import { checkSaml } from './check-saml.ts'
import type { ConfigProblem } from './problem.ts'
import type { Config } from './schema.ts'

/** Problems of the configuration as a whole. */
export function checkConfig(config: Config, source: string): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  const ports = [
    'api.port',
    'db.port',
    'basalt.admin_port',
    'studio.port',
    'inbucket.port',
  ] as const
  ports.forEach((key, index) => {
    const other = ports.slice(0, index).find((earlier) => config[earlier] === config[key])
    // 0, of a program that embeds us: any that is free
    if (other !== undefined && config[key] !== 0) {
      problems.push({
        source,
        key,
        message: `port ${config[key]} is also ${other}; each needs its own`,
      })
    }
  })
  if (config['auth.jwt_secret'].length < 16) {
    problems.push({ source, key: 'auth.jwt_secret', message: 'expected at least 16 characters' })
  }
  if (config['basalt.db.pool_min'] > config['basalt.db.pool_max']) {
    problems.push({
      source,
      key: 'basalt.db.pool_min',
      message: 'is larger than basalt.db.pool_max',
    })
  }
  if (config['api.enabled'] && config['api.schemas'].length === 0) {
    problems.push({ source, key: 'api.schemas', message: 'expected at least one schema' })
  }
  const url = config['basalt.db_url']
  if (url !== null && !/^postgres(ql)?:\/\//.test(url)) {
    problems.push({
      source,
      key: 'basalt.db_url',
      message: 'expected postgres://user:password@host:port/database',
    })
  }
  for (const [name, { url: replica }] of Object.entries(config['basalt.db.replicas']))
    if (!/^postgres(ql)?:\/\//.test(replica))
      problems.push({
        source,
        key: `basalt.db.replicas.${name}.url`,
        message: 'expected postgres://host:port/database',
      })
  const redis = config['basalt.redis_url']
  if (redis !== null && !/^rediss?:\/\//.test(redis)) {
    problems.push({
      source,
      key: 'basalt.redis_url',
      message: 'expected redis://user:password@host:port/database, or rediss://',
    })
  }
  return [
    ...problems,
    ...checkCache(config, source),
    ...checkEdge(config, source),
    ...checkHooks(config, source),
    ...checkSaml(config, source),
  ]
}
