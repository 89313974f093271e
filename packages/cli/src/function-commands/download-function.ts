/** `basalt functions download`: the sources as they were deployed. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { CliError } from '#terminal'
import type { Terminal } from '#terminal'
import { workdirOf } from '#project'
import { checkName, openApi } from '#project-api'
import type { DeployedFunction, RemoteOptions } from '#project-api'

/** Files that are there are overwritten. */
export async function downloadFunction(
  terminal: Terminal,
  name: string,
  options: RemoteOptions,
): Promise<void> {
  const api = openApi(terminal, options)
  const path = `/functions/${checkName(name)}`
  const deployed = await api.json<DeployedFunction>('GET', path)
  const headers = { accept: 'multipart/form-data' }
  const form = await (await api.send('GET', `${path}/body`, { headers })).formData()
  const root = join(workdirOf(terminal, options), placeOf(deployed))
  for (const file of form.getAll('file')) {
    if (typeof file === 'string') continue
    const target = join(root, ...file.name.replace(/^source\//, '').split('/'))
    // a server's word is no reason to write elsewhere
    if (!target.startsWith(root + sep))
      throw new CliError(`${file.name} would be written outside ${root}.`)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, new Uint8Array(await file.arrayBuffer()))
    terminal.err(`Wrote ${target}\n`)
  }
  terminal.out(`Downloaded ${name}, version ${deployed.version}.\n`)
}

/** What of the path all its files have was left out: functions alone, all of supabase/, or more of the project. */
function placeOf({ entrypoint_path, slug }: DeployedFunction): string {
  const path = decodeURI(entrypoint_path).replace(/^file:\/\/\/source\//, '')
  if (path.startsWith('supabase/')) return ''
  return path.startsWith(`functions/${slug}/`) ? 'supabase' : join('supabase', 'functions')
}
