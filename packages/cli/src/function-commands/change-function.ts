/** `basalt functions delete` and `rollback` */
import { CliError } from '#terminal'
import type { Terminal } from '#terminal'
import { checkName, openApi } from '#project-api'
import type { DeployedFunction, RemoteOptions } from '#project-api'

export async function deleteFunction(
  terminal: Terminal,
  name: string,
  options: RemoteOptions,
): Promise<void> {
  await openApi(terminal, options).json('DELETE', `/functions/${checkName(name)}`)
  terminal.out(`Deleted ${name}.\n`)
}

export async function rollbackFunction(
  terminal: Terminal,
  name: string,
  version: string | undefined,
  options: RemoteOptions,
): Promise<void> {
  if (version !== undefined && !/^[1-9]\d{0,8}$/.test(version))
    throw new CliError(`${version}: expected the number of a version.`)
  const wish = version === undefined ? {} : { version: Number(version) }
  const path = `/functions/${checkName(name)}/rollback`
  const now = await openApi(terminal, options).json<DeployedFunction>('POST', path, wish)
  terminal.out(`${name} is at version ${now.version}.\n`)
}
