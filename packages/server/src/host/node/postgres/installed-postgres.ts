/** A Postgres that is installed on this machine: found by its folder of programs, asked for its version and its other folders. */
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Account } from './postgres-account.ts'
import { initialisingAccount } from './postgres-account.ts'
import type { Binaries } from './postgres-binaries.ts'
import { childEnvironment } from './postgres-child.ts'
import { StartError } from '#host/node/core'

const oldestMajor = 15
const newestMajor = 18
const option = 'basalt.db.binaries (--postgres-bin, BASALT_DB_BINARIES)'
const example =
  process.platform === 'darwin'
    ? '/opt/homebrew/opt/postgresql@17/bin'
    : '/usr/lib/postgresql/17/bin'

/** `path` is the folder with `postgres` and `initdb`, or the one above it. Throws a `StartError` that says what is wrong with it. */
export async function readInstalledPostgres(
  path: string,
  account: Account | null,
): Promise<Binaries> {
  const bin = binFolder(path)
  const postgres = join(bin, 'postgres')
  const version = await readVersion(postgres, account)
  const initdb = join(bin, 'initdb')
  const shown = await runTool(
    initdb,
    ['--show', '--pgdata=/nonexistent'],
    initialisingAccount(account),
  )
  const share = /^share_path=(.+)$/m.exec(shown)?.[1]
  if (share === undefined) {
    throw new StartError(
      'config',
      `${option} = ${path}: ${initdb} does not say where its other files are. Is the installation complete? ${shown.trim()}`,
    )
  }
  return { postgres, initdb, version, share, libraries: await libraryFolder(bin, account, path) }
}

/** The real one: Homebrew's and Debian's alternatives are links, and Postgres finds its files from where it really is. */
function binFolder(path: string): string {
  const candidates = [path, join(path, 'bin')]
  const withServer = candidates.find((folder) => existsSync(join(folder, 'postgres')))
  if (withServer === undefined) {
    const reason = existsSync(path)
      ? 'there is no program "postgres" in it'
      : 'there is no such folder'
    throw new StartError(
      'config',
      `${option} = ${path}: ${reason}. Name the folder with the server's programs, as ${example}${listInstalled()}`,
    )
  }
  const postgres = realpathSync(join(withServer, 'postgres'))
  if (!existsSync(join(dirname(postgres), 'initdb'))) {
    throw new StartError(
      'config',
      `${option} = ${path}: initdb is missing beside ${postgres}, and no database can be made without it. Install the whole server package (Debian: postgresql-17).`,
    )
  }
  return dirname(postgres)
}

/** `. Installed here: …`, or how to get one. */
function listInstalled(): string {
  const debian = '/usr/lib/postgresql'
  const found = existsSync(debian)
    ? readdirSync(debian)
        .map((name) => join(debian, name, 'bin'))
        .filter((folder) => existsSync(join(folder, 'postgres')))
    : []
  return found.length > 0
    ? `. Installed here: ${found.join(', ')}.`
    : ', or leave the option out for the embedded Postgres.'
}

async function readVersion(postgres: string, account: Account | null): Promise<string> {
  const said = await runTool(postgres, ['--version'], account)
  const version = /\(PostgreSQL\) (\d+)([.\w]*)/.exec(said)
  if (version === null) {
    throw new StartError(
      'config',
      `${option}: ${postgres} is not Postgres; it says: ${said.trim()}`,
    )
  }
  const major = Number(version[1])
  if (major < oldestMajor || major > newestMajor) {
    throw new StartError(
      'wrong-version',
      `${option}: ${postgres} is Postgres ${major}; ${oldestMajor} to ${newestMajor} are supported. Name the programs of one of these, or leave the option out for the embedded Postgres.`,
    )
  }
  return `${version[1]}${version[2]}`
}

async function libraryFolder(bin: string, account: Account | null, path: string): Promise<string> {
  const config = join(bin, 'pg_config')
  const said = existsSync(config) ? await runTool(config, ['--pkglibdir'], account) : ''
  const candidates = [said.trim(), join(bin, '..', 'lib'), join(bin, '..', 'lib', 'postgresql')]
  // initdb itself needs this one
  const found = candidates.find((folder) =>
    readFolder(folder).some((name) => name.startsWith('dict_snowball.')),
  )
  if (found !== undefined) return found
  throw new StartError(
    'config',
    `${option} = ${path}: the libraries of this Postgres are in none of ${candidates.filter((folder) => folder !== '').join(', ')}. Is the installation complete?`,
  )
}

function readFolder(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

/** Everything a program writes. As the account Postgres will run as: what that one may not do is told now. */
function runTool(
  executable: string,
  args: readonly string[],
  account: Account | null,
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      executable,
      args,
      { cwd: '/', timeout: 10_000, maxBuffer: 1_000_000, ...childEnvironment(), ...account },
      (error, stdout, stderr) => {
        const code = (error as NodeJS.ErrnoException | null)?.code
        if (code === 'EACCES' || code === 'EPERM') reject(notAllowed(executable, account))
        else if (error !== null && stdout === '' && stderr === '') {
          reject(
            new StartError('config', `${option}: ${executable} does not run: ${error.message}`),
          )
        } else resolve(`${stdout}\n${stderr}`)
      },
    )
  })
}

function notAllowed(executable: string, account: Account | null): StartError {
  const uid = account?.uid ?? process.geteuid?.() ?? '?'
  const why =
    account === null ? '' : ' (Postgres does not run as root, so an account of its own is used)'
  return new StartError(
    'permission',
    `${option}: uid ${uid} may not run ${executable}${why}. Let others enter its folders and run it (chmod o+x), or move the installation where they may.`,
  )
}
