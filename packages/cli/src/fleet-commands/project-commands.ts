/** `basalt projects …` */
import { resolve } from 'node:path'
import { readConfigTree } from '@basalt/server/fleet'
import { withControl } from '#control-client'
import type { FleetOptions } from '#control-client'
import { CliError, momentOf, printTable, secretVariable } from '#terminal'
import type { Terminal } from '#terminal'
import { warn } from '#project'
import { print, printFields, readSecret } from './print.ts'

export interface ProjectOptions extends FleetOptions {
  readonly name?: string
  readonly dbUrl?: string
  readonly dbUrlStdin?: boolean
  readonly config?: string
  readonly signing?: string
  readonly baseDomain?: string
  readonly apiUrl?: string
  readonly grace?: string
  readonly confirm?: string
  readonly force?: boolean
}

interface Project {
  readonly ref: string
  readonly name: string
  readonly status: string
  readonly api_url: string | null
  readonly updated_at: string
}

interface Requirement {
  readonly message: string
  readonly remedy: string
}

const pathOf = (ref: string, more = ''): string => `/projects/${encodeURIComponent(ref)}${more}`

export async function createProject(
  terminal: Terminal,
  ref: string,
  options: ProjectOptions,
): Promise<void> {
  const databaseUrl = await databaseUrlOf(terminal, options)
  if (databaseUrl === null)
    throw new CliError(
      'Which database? Give --db-url, or pipe it in with --db-url-stdin, or set BASALT_PROJECT_DB_URL.',
    )
  await withControl(terminal, options, async (ask) => {
    const { warnings, ...made } = await ask<Project & { warnings: readonly Requirement[] }>(
      'POST',
      '/projects',
      {
        ref,
        db_url: databaseUrl,
        ...(options.name === undefined ? {} : { name: options.name }),
        ...configOf(terminal, options),
        ...(options.signing === undefined ? {} : { signing: options.signing }),
      },
    )
    showWarnings(terminal, warnings)
    const project = { ...made, api_url: apiUrlOf(ref, options) ?? made.api_url }
    print(terminal, options, { ...project, warnings }, () => printFields(terminal, project))
  })
}

export async function updateProject(
  terminal: Terminal,
  ref: string,
  options: ProjectOptions,
): Promise<void> {
  const databaseUrl = await databaseUrlOf(terminal, options)
  await withControl(terminal, options, async (ask) => {
    const { warnings, ...project } = await ask<Project & { warnings: readonly Requirement[] }>(
      'PATCH',
      pathOf(ref),
      {
        ...(databaseUrl === null ? {} : { db_url: databaseUrl }),
        ...(options.name === undefined ? {} : { name: options.name }),
        ...configOf(terminal, options),
      },
    )
    showWarnings(terminal, warnings)
    print(terminal, options, { ...project, warnings }, () => printFields(terminal, project))
  })
}

export function listProjects(terminal: Terminal, options: ProjectOptions): Promise<void> {
  return withControl(terminal, options, async (ask) =>
    print(terminal, options, await ask<readonly Project[]>('GET', '/projects'), (projects) =>
      printTable(
        terminal,
        ['REF', 'STATUS', 'NAME', 'API', 'UPDATED (UTC)'],
        projects.map(({ ref, status, name, api_url, updated_at }) => [
          ref,
          status,
          name,
          api_url ?? '-',
          momentOf(Date.parse(updated_at)),
        ]),
      ),
    ),
  )
}

const paths = {
  show: ['GET', ''],
  pause: ['POST', '/pause'],
  resume: ['POST', '/resume'],
  delete: ['DELETE', ''],
  restore: ['POST', '/restore'],
  keys: ['GET', '/keys'],
  health: ['GET', '/health'],
} as const

/** What is asked of a project and answered with an object. */
export function askProject(
  terminal: Terminal,
  what: keyof typeof paths,
  ref: string,
  options: ProjectOptions,
): Promise<void> {
  const [method, path] = paths[what]
  return withControl(terminal, options, async (ask) => {
    const answer = await ask<Record<string, unknown>>(method, pathOf(ref, path))
    print(terminal, options, answer, () => printFields(terminal, answer))
  })
}

export function rotateKeys(
  terminal: Terminal,
  ref: string,
  options: ProjectOptions,
): Promise<void> {
  const grace = options.grace === undefined ? {} : { grace_seconds: secondsOf(options.grace) }
  const signing = options.signing === undefined ? {} : { signing: options.signing }
  return withControl(terminal, options, async (ask) => {
    const keys = await ask<Record<string, unknown>>('POST', pathOf(ref, '/keys/rotate'), {
      ...grace,
      ...signing,
    })
    print(terminal, options, keys, () => printFields(terminal, keys))
  })
}

/** Asks for the ref once more where it was not given. */
export async function purgeProject(
  terminal: Terminal,
  ref: string,
  options: ProjectOptions,
): Promise<void> {
  const question = `Project ${ref} and its secrets will be gone for good. Its ref once more: `
  const confirm = options.confirm ?? (await terminal.ask(question, false))
  if (confirm === null) throw new CliError(`Give its ref once more: --confirm ${ref}`)
  await withControl(terminal, options, (ask) =>
    ask('POST', pathOf(ref, '/purge'), {
      confirm,
      ...(options.force === true ? { force: true } : {}),
    }),
  )
  print(terminal, options, { ref, purged: true }, () => terminal.err(`Project ${ref} is purged.\n`))
}

export function listMembers(
  terminal: Terminal,
  ref: string,
  options: ProjectOptions,
): Promise<void> {
  return withControl(terminal, options, async (ask) =>
    print(
      terminal,
      options,
      await ask<readonly { email: string; role: string }[]>('GET', pathOf(ref, '/members')),
      (members) =>
        printTable(
          terminal,
          ['E-MAIL', 'ROLE'],
          members.map(({ email, role }) => [email, role]),
        ),
    ),
  )
}

export function setMember(
  terminal: Terminal,
  ref: string,
  email: string,
  options: FleetOptions & { readonly role: string },
): Promise<void> {
  return withControl(terminal, options, async (ask) => {
    const path = pathOf(ref, `/members/${encodeURIComponent(email)}`)
    const member = await ask<Record<string, unknown>>('PUT', path, { role: options.role })
    print(terminal, options, member, () => terminal.err(`${email} is ${options.role} in ${ref}.\n`))
  })
}

export function removeMember(
  terminal: Terminal,
  ref: string,
  email: string,
  options: FleetOptions,
): Promise<void> {
  return withControl(terminal, options, async (ask) => {
    await ask('DELETE', pathOf(ref, `/members/${encodeURIComponent(email)}`))
    print(terminal, options, { email, removed: true }, () =>
      terminal.err(`${email} is out of ${ref}.\n`),
    )
  })
}

async function databaseUrlOf(
  terminal: Terminal,
  { dbUrl, dbUrlStdin }: ProjectOptions,
): Promise<string | null> {
  if (dbUrl !== undefined) return dbUrl
  if (dbUrlStdin === true) return readSecret(terminal, { isPiped: true, question: '' })
  return secretVariable(terminal, 'BASALT_PROJECT_DB_URL')
}

function configOf(
  terminal: Terminal,
  { config: file }: ProjectOptions,
): { readonly config?: object } {
  if (file === undefined) return {}
  const { tree, warnings } = readConfigTree(resolve(terminal.cwd, file))
  for (const warning of warnings) warn(terminal, warning)
  return { config: tree }
}

function apiUrlOf(ref: string, { apiUrl, baseDomain }: ProjectOptions): string | null {
  if (apiUrl !== undefined) return apiUrl.replaceAll('<ref>', ref)
  return baseDomain === undefined ? null : `https://${ref}.${baseDomain}`
}

function showWarnings(terminal: Terminal, warnings: readonly Requirement[]): void {
  for (const { message, remedy } of warnings) warn(terminal, `${message}\n      ${remedy}`)
}

const seconds = { s: 1, m: 60, h: 3600, d: 86_400 } as const

/** `24h`, `90m`, `3600`, `0` */
function secondsOf(text: string): number {
  const match = /^(\d{1,8})([smhd]?)$/.exec(text)
  if (match === null)
    throw new CliError(`--grace ${text}: expected 24h, 90m, 7d, or 0 to end the old keys at once.`)
  return Number(match[1]) * seconds[(match[2] || 's') as keyof typeof seconds]
}
