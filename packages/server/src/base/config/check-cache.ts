/** What `[basalt.cache]` says where it cannot be meant. */
import type { ConfigProblem } from './problem.ts'
import type { Config } from './schema.ts'

const route = /^\/?(?:rest\/v1\/)?(?:rpc\/)?(?:[^/?#*\s]+|\*)$/

export function checkCache(config: Config, source: string): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  for (const item of config['basalt.cache.routes'])
    if (!route.test(item) || /^\/?(?!rest\/v1)\w+\/v1\b/.test(item))
      problems.push({
        source,
        key: 'basalt.cache.routes',
        message: `expected a table, a view or a function like rpc/top_products, not ${item}`,
      })
  if (!config['basalt.cache.enabled']) return problems
  if (config['basalt.cache.routes'].length === 0)
    problems.push({
      source,
      key: 'basalt.cache.routes',
      message: 'name what is to be cached: routes = ["products", "rpc/top_products"]',
    })
  if (config['basalt.cache.store'] === 'redis' && config['basalt.redis_url'] === null)
    problems.push({
      source,
      key: 'basalt.cache.store',
      message: 'needs basalt.redis_url',
    })
  return problems
}
