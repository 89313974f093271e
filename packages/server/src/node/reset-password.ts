/** Gives the superuser a new password without the old one: Postgres in single-user mode, on a data folder that nobody runs. */
import { spawn } from 'node:child_process'
import { folderArgument } from './folder-argument.ts'
import type { InitOptions } from './init-postgres.ts'
import { childEnvironment } from './postgres-child.ts'
import { explainFailure } from './postgres-failure.ts'

/** For when the password file of a project was lost; takes 0.1 s. */
export async function resetPassword(options: InitOptions): Promise<void> {
  const { dataDir, account, binaries, superuser, password } = options
  const folder = folderArgument(dataDir, account)
  const child = spawn(binaries.postgres, ['--single', '-D', folder.path, 'postgres'], {
    stdio: ['pipe', 'ignore', 'pipe', folder.descriptor ?? 'ignore'],
    cwd: '/',
    ...childEnvironment(),
    ...account,
  })
  folder.close()
  let output = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stdin?.on('error', () => {})
  const quoted = (text: string, mark: string): string =>
    mark + text.replaceAll(mark, mark + mark) + mark
  child.stdin?.end(`alter role ${quoted(superuser, '"')} password ${quoted(password, "'")}\n`)
  const end = await new Promise<string | null>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code) => resolve(code === 0 ? null : `exit code ${code}`))
  })
  if (end !== null || /ERROR:/.test(output)) {
    throw explainFailure({ dataDir, port: 0, output, end: end ?? 'error' })
  }
}
