/** `basalt functions list` */
import { momentOf, printTable, sizeOf } from '#terminal'
import type { Terminal } from '#terminal'
import { checkName, openApi } from '#project-api'
import type { DeployedFunction, KeptVersion, RemoteOptions } from '#project-api'

export async function listFunctions(
  terminal: Terminal,
  name: string | undefined,
  options: RemoteOptions,
): Promise<void> {
  const api = openApi(terminal, options)
  if (name !== undefined) {
    const path = `/functions/${checkName(name)}/versions`
    return listVersions(terminal, await api.json('GET', path), options)
  }
  const all = await api.json<readonly DeployedFunction[]>('GET', '/functions')
  if (options.json === true) return terminal.out(`${JSON.stringify(all, null, 2)}\n`)
  const rows = all.map((one) => [
    one.slug,
    String(one.version),
    momentOf(one.updated_at),
    one.verify_jwt ? 'yes' : 'no',
    one.kind,
    sizeOf(one.size),
  ])
  printTable(terminal, ['NAME', 'VERSION', 'UPDATED (UTC)', 'VERIFY JWT', 'KIND', 'SIZE'], rows)
}

function listVersions(
  terminal: Terminal,
  all: readonly KeptVersion[],
  { json }: RemoteOptions,
): void {
  if (json === true) return terminal.out(`${JSON.stringify(all, null, 2)}\n`)
  const rows = all.map((one) => [
    String(one.version),
    one.is_active ? 'yes' : '',
    momentOf(one.created_at),
    one.verify_jwt ? 'yes' : 'no',
    sizeOf(one.size),
  ])
  printTable(terminal, ['VERSION', 'CALLED', 'DEPLOYED (UTC)', 'VERIFY JWT', 'SIZE'], rows)
}
