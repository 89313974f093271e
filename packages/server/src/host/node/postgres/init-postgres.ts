/** Creates a data folder: initdb into a temporary name, then a rename, so that an interrupted one leaves nothing half done. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
} from 'node:fs'
import { existsSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { folderArgument } from './folder-argument.ts'
import type { Account } from './postgres-account.ts'
import { give, giveTree, initialisingAccount } from './postgres-account.ts'
import type { Binaries } from './postgres-binaries.ts'
import { childEnvironment } from './postgres-child.ts'
import { explainFailure } from './postgres-failure.ts'
import { StartError } from '#host/node/core'

export interface InitOptions {
  readonly dataDir: string
  readonly superuser: string
  /** Undefined: a random one, kept in the data folder. */
  readonly password: string | undefined
  readonly account: Account | null
  readonly binaries: Binaries
}

/** Whether `dataDir` has to be created. Throws when something else is there, or a data folder of another major version. */
export function needsInit(dataDir: string, { version, postgres }: Binaries): boolean {
  if (!existsSync(dataDir)) return true
  const versionFile = join(dataDir, 'PG_VERSION')
  if (existsSync(versionFile)) {
    const found = readFileSync(versionFile, 'utf8').trim()
    if (found === version.split('.')[0]) return false
    throw new StartError(
      'wrong-version',
      `The data folder ${dataDir} was made by Postgres ${found}, and this is Postgres ${version} (${postgres}). ` +
        `To keep the data: start with a Postgres ${found} again (basalt.db.binaries names an installed one; without it the embedded 18 is used), pg_dump the database, then move the folder away, start with this one and restore. ` +
        'To begin anew with migrations and seeds: basalt db reset.',
    )
  }
  if (readdirSync(dataDir).length === 0) return true
  throw new StartError(
    'not-a-data-folder',
    `${dataDir} is neither empty nor a Postgres data folder. Move it away and start again.`,
  )
}

export async function initPostgres(options: InitOptions): Promise<void> {
  const { dataDir, account } = options
  removeInterrupted(dataDir)
  const temporary = `${dataDir}.init-${process.pid}`
  const initialiser = initialisingAccount(account)
  mkdirSync(temporary, { mode: 0o700 })
  // beside it, where the next start removes it when we are killed
  const passwordFile = `${temporary}.password`
  try {
    if (initialiser !== null) give(temporary, initialiser)
    const password = options.password ?? randomBytes(24).toString('hex')
    writeFileSync(passwordFile, password, { mode: 0o600 })
    if (initialiser !== null) give(passwordFile, initialiser)
    await runInitdb(options, temporary, passwordFile, initialiser)
    if (options.password === undefined) {
      writeFileSync(join(temporary, keyFile), password, { mode: 0o600 })
    }
    if (account !== null) giveTree(temporary, account)
    if (existsSync(dataDir)) rmdirSync(dataDir)
    renameSync(temporary, dataDir)
  } finally {
    rmSync(passwordFile, { force: true })
    rmSync(temporary, { recursive: true, force: true })
  }
}

/**
 * Goes where the data goes, and only who may read the data may read it; under a name that a base backup leaves out, for
 * `postgres` may stream one.
 */
const keyFile = 'pgsql_tmp.superuser.key'
const formerFile = 'superuser.key'

/** The password made with the data folder. */
export function readKey(dataDir: string): string {
  try {
    const former = join(dataDir, formerFile)
    if (existsSync(former)) renameSync(former, join(dataDir, keyFile))
    return readFileSync(join(dataDir, keyFile), 'utf8')
  } catch (error) {
    throw new StartError(
      'not-a-data-folder',
      `The data folder ${dataDir} has lost the password made with it (${keyFile}). Put the file back, or run basalt db reset for a new database.`,
      error,
    )
  }
}

/** For a data folder whose password was changed. */
export function placeKey(dataDir: string, password: string, account: Account | null): void {
  const path = join(dataDir, keyFile)
  rmSync(path, { force: true })
  writeFileSync(path, password, { mode: 0o600, flag: 'wx' })
  if (account !== null) give(path, account)
}

/** The caller holds the lock of the data folder: what lies here belongs to nobody any more. */
function removeInterrupted(dataDir: string): void {
  const parent = dirname(dataDir)
  for (const name of readdirSync(parent)) {
    if (name.startsWith(`${basename(dataDir)}.init-`)) {
      rmSync(join(parent, name), { recursive: true, force: true })
    }
  }
}

/** The same order everywhere, of code points; before 17 the operating system's locale of that kind. */
function localeArguments(version: string): string[] {
  if (Number.parseInt(version, 10) >= 17) return ['--locale-provider=builtin', '--locale=C.UTF-8']
  return process.platform === 'darwin'
    ? ['--lc-collate=C', '--lc-ctype=UTF-8']
    : ['--locale=C.UTF-8']
}

async function runInitdb(
  options: InitOptions,
  folder: string,
  passwordFile: string,
  initialiser: Account | null,
): Promise<void> {
  const argument = folderArgument(folder, initialiser)
  // who is led past the parents of the one is led past those of the other
  const secret = argument.descriptor === null ? null : openSync(passwordFile, 'r')
  const child = spawn(
    options.binaries.initdb,
    [
      `--pgdata=${argument.path}`,
      `--username=${options.superuser}`,
      '--auth=scram-sha-256',
      `--pwfile=${secret === null ? passwordFile : '/proc/self/fd/4'}`,
      '--encoding=UTF8',
      ...localeArguments(options.binaries.version),
      // the default of 18
      '--data-checksums',
      '--lc-messages=C',
      '--no-instructions',
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe', argument.descriptor ?? 'ignore', secret ?? 'ignore'],
      cwd: '/',
      ...childEnvironment(),
      ...initialiser,
    },
  )
  argument.close()
  if (secret !== null) closeSync(secret)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text))
  }
  const end = await new Promise<string | null>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => {
      resolve(
        code === 0 ? null : signal === null ? `initdb: exit code ${code}` : `initdb: ${signal}`,
      )
    })
  })
  if (end !== null) throw explainFailure({ dataDir: options.dataDir, port: 0, output, end })
}
