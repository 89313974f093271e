/** The newest commit of a branch in a bare folder of its own: no work tree, so nothing of a repository lies on the disk by name. */
import { mkdir, rm, stat } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { CodeError } from '#core'
import type { CodeConfig } from '#config'
import { parseRemoteUrl, resolveRemote } from './check-url.ts'
import type { RemoteUrl } from './check-url.ts'
import { GitError, runGit } from './run-git.ts'
import type { GitOptions } from './run-git.ts'
import { dropHalves, tidyFolder } from './tidy-folder.ts'

export interface FetchOptions {
  readonly url: string
  /** Null: HEAD of the remote. */
  readonly branch: string | null
  /** May be gone at any time; it is only a cache. */
  readonly directory: string
  readonly config: CodeConfig
  readonly signal: AbortSignal
}

const branchName = /^(?![-/.])(?!.*(\.\.|\/\/|@\{|\.lock$|[/.]$))[^\p{Cc} ~^:?*[\\]{1,250}$/u
const target = 'refs/code/target'

export function isBranchName(name: string): boolean {
  return branchName.test(name)
}

/** Resolves to the commit's name. @throws CodeError for what another attempt does not mend, GitError for the rest */
export async function fetchCommit(options: FetchOptions): Promise<string> {
  const { branch, directory, config } = options
  if (branch !== null && !isBranchName(branch))
    throw new CodeError('invalid_request', { message: 'The branch is not a name of one.' })
  const remote = parseRemoteUrl(options.url, config.allowedHosts)
  const address = await resolveRemote(remote)
  const git = {
    directory,
    limits: { maxFileBytes: config.maxRepositoryBytes, timeoutMs: config.cloneTimeoutMs },
    signal: options.signal,
    settings: settingsFor(remote, address),
    variables: variablesFor(remote, address, config),
  }
  try {
    await fetchInto(git, config, branch)
  } catch (error) {
    // it may be as large as a repository, and the next attempt leaves another one
    await dropHalves(directory)
    throw permanent(error, branch) ?? error
  }
  return (await runGit(['rev-parse', '--verify', `${target}^{commit}`], git)).trim()
}

async function fetchInto(git: GitOptions, config: CodeConfig, branch: string | null) {
  await tidyFolder(git.directory, 2 * config.maxRepositoryBytes)
  const isThere = await stat(join(git.directory, 'HEAD')).then(
    () => true,
    () => false,
  )
  if (!isThere) await runGit(['init', '--quiet', '--bare', '--template=', '.'], git)
  const source = branch === null ? 'HEAD' : `refs/heads/${branch}`
  const fetch = [
    'fetch',
    '--quiet',
    '--no-tags',
    '--depth=1',
    '--no-write-fetch-head',
    '--no-auto-maintenance',
    '--no-recurse-submodules',
    '--update-shallow',
    // what is larger is not read: a server that knows filters does not send it
    `--filter=blob:limit=${config.maxFileBytes + 1}`,
    'origin',
    `+${source}:${target}`,
  ]
  try {
    await runGit(fetch, git)
  } catch (error) {
    if (!isThere || (error instanceof GitError && error.isTimeout)) throw error
    // a folder that was left in the middle of something
    await rm(git.directory, { recursive: true, force: true })
    await mkdir(git.directory, { recursive: true, mode: 0o700 })
    await runGit(['init', '--quiet', '--bare', '--template=', '.'], git)
    await runGit(fetch, git)
  }
}

function settingsFor({ protocol, host, port, href }: RemoteUrl, address: string): string[] {
  const name = protocol.slice(0, -1)
  return [
    `protocol.${name}.allow=always`,
    `remote.origin.url=${href}`,
    // the address that was looked at, whatever the name says now
    ...(protocol === 'ssh:' || isIP(host)
      ? []
      : [`http.curloptResolve=${host}:${port}:${isIP(address) === 6 ? `[${address}]` : address}`]),
  ]
}

function variablesFor(remote: RemoteUrl, address: string, config: CodeConfig) {
  if (remote.protocol !== 'ssh:') return {}
  const options = [
    '-F /dev/null',
    '-o BatchMode=yes',
    '-o StrictHostKeyChecking=yes',
    `-o UserKnownHostsFile=${quote(config.sshKnownHosts ?? '/etc/ssh/ssh_known_hosts')}`,
    '-o IdentitiesOnly=yes',
    '-o ConnectTimeout=15',
    '-o ForwardAgent=no',
    '-o PermitLocalCommand=no',
    `-o HostName=${address}`,
    // as known_hosts names it
    `-o HostKeyAlias=${quote(remote.port === 22 ? remote.host : `[${remote.host}]:${remote.port}`)}`,
    ...(config.sshKeyFile === null ? [] : [`-i ${quote(config.sshKeyFile)}`]),
  ]
  return { GIT_SSH_COMMAND: `ssh ${options.join(' ')}`, GIT_SSH_VARIANT: 'ssh' }
}

function quote(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`
}

const told = [
  [
    /mismatched algorithms|object format .* does not match/,
    'invalid_repository_url',
    'Repositories by SHA-256 are not taken yet.',
  ],
  [
    /returned error: 30[12378]/,
    'invalid_repository_url',
    'The repository has moved: register it by its new URL.',
  ],
  [
    /dumb http transport/,
    'invalid_repository_url',
    'The server has files only, and does not speak with git.',
  ],
  [
    /[Oo]ut of memory/,
    'payload_too_large',
    'What the server says of the repository is larger than the limit.',
  ],
] as const

/** What will be so next time too. */
function permanent(error: unknown, branch: string | null): CodeError | null {
  if (!(error instanceof GitError)) return null
  const { message } = error
  if (message.includes("couldn't find remote ref"))
    return new CodeError('not_found', {
      message:
        branch === null
          ? 'The repository has no commits yet, or its HEAD is of no branch.'
          : `The branch ${branch} is not in the repository.`,
    })
  if (message.includes('larger than the limit'))
    return new CodeError('payload_too_large', {
      message: 'The repository is larger than the limit.',
    })
  const known = told.find(([sign]) => sign.test(message))
  if (known !== undefined) return new CodeError(known[1], { message: known[2] })
  if (message.includes('Host key verification failed'))
    return new CodeError('not_found', {
      message: 'The key of the host is not the known one (CODE_SSH_KNOWN_HOSTS).',
    })
  if (/could not read Username|Authentication failed|Permission denied|not found/.test(message))
    return new CodeError('not_found', {
      message: 'The repository is not there, or not without a password.',
      suggestions: ['Give the worker a deploy key (CODE_SSH_KEY_FILE) and use its ssh URL.'],
    })
  return null
}
