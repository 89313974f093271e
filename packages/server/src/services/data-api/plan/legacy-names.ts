/** Filters, orders and limits that name an aliased embed by its relation: deprecated upstream after v14, and a way to forbid them. */
import type { ApiRequest, EmbedItem, SelectItem } from '#services/data-api/request'
import { planErrors } from './errors.ts'

/**
 * The warnings a request deserves: `the_tasks:tasks(…)&tasks.limit=1` names `tasks` where it should say `the_tasks`.
 * @throws PlatformError PGRST108 where such names are not `allowed`.
 */
export function checkLegacyNames(request: ApiRequest, allowed: boolean): readonly string[] {
  const warnings = new Set<string>()
  for (const entries of [request.logic, request.order, request.ranges])
    for (const { path } of entries)
      for (const { name, alias } of renamed(path, request.select)) {
        if (!allowed) throw planErrors.aliasedTarget({ name, alias })
        warnings.add(deprecation(name, alias))
      }
  return [...warnings]
}

function deprecation(name: string, alias: string): string {
  return `299 PostgRESTv14 "Embedded resource was referenced by relation name even though it has an alias. This is deprecated and will stop working in a future release. Update \`${name}\` to \`${alias}\` in query string filters, orders or limits."`
}

/** The segments of `path` that name an embed by its relation although it has an alias. */
function renamed(
  path: readonly string[],
  select: readonly SelectItem[],
): { name: string; alias: string }[] {
  const [name, ...rest] = path
  if (name === undefined) return []
  const embeds = select.filter((item): item is EmbedItem => item.kind === 'embed')
  const exact = embeds.find((item) => (item.alias ?? item.name) === name)
  const item = exact ?? embeds.find((candidate) => candidate.name === name)
  if (item === undefined) return []
  const below = renamed(rest, item.select)
  return exact === undefined && item.alias !== null
    ? [{ name, alias: item.alias }, ...below]
    : below
}
