/** What the routes of `/admin/v1` work on where there is one project: it is there, and nothing of a fleet is. */
import { createHmac } from 'node:crypto'
import { controlErrors } from '#host/control-plane/core'
import type { Actor, ProjectRecord, Snippets } from '#host/control-plane/core'
import { createInspector, openProjectDatabases } from '#host/control-plane/inspect'
import type { Projects } from '#host/control-plane/lifecycle'
import type { Operators, Sessions } from '#host/control-plane/operators'
import type { ControlParts, ProjectFolder } from '#host/control-plane/route'
import type { ProjectSummary } from '#host/control-plane/store'
import { toPrintable } from '#base/config'
import type { Config, ConfigProblem, ConfigSources, ConfigTree } from '#base/config'
import type { Clock } from '#base/kernel'
import type { ProjectKeys } from '#base/token'
import { createOwnAudit } from './own-audit.ts'
import { snippetFiles } from './snippet-files.ts'

export interface SingleProject {
  readonly ref: string
  readonly name: string
  /** As the platform's own user. */
  readonly databaseUrl: string
  readonly externalUrl: string
  readonly clock: Clock
  readonly folder: ProjectFolder | null
  config(): Config
  /** What it began with, and where that is from. */
  readonly base: Config
  readonly sources: ConfigSources
  keys(): ProjectKeys
  /** With problems nothing has changed. */
  changeConfig(patch: ConfigTree, actor: Actor): Promise<readonly ConfigProblem[]>
}

export interface SingleParts extends ControlParts {
  close(): Promise<void>
}

const refuse = (): Promise<never> => Promise.reject(controlErrors.control_single_project())

export function singleProject(project: SingleProject): SingleParts {
  const databases = openProjectDatabases((text) => Promise.resolve(text))
  const { clock, externalUrl, folder } = project
  const audit = createOwnAudit(clock)
  return {
    projects: ownProjects(project, audit),
    operators: noOperators,
    sessions: noSessions,
    audit,
    usage: { list: () => Promise.resolve([]) },
    settings: { get: () => Promise.resolve(externalUrl), set: refuse },
    inspector: createInspector(databases),
    databases,
    snippets: folder === null ? noSnippets : snippetFiles(folder.workdir),
    folder,
    options: () => ({ config: project.config(), base: project.base, sources: project.sources }),
    clock,
    ping: () => Promise.resolve(0),
    close: () => databases.close(),
  }
}

function ownProjects(project: SingleProject, audit: ControlParts['audit']): Projects {
  const { ref, name, clock } = project
  const startedMs = clock.now()
  const summary: ProjectSummary = {
    ref,
    name,
    status: 'active',
    version: 1,
    keptOpen: true,
    createdMs: startedMs,
    updatedMs: startedMs,
    deletedMs: null,
  }
  const requireOwn = (asked: string): void => {
    if (asked !== ref) throw controlErrors.control_project_not_found({ ref: asked })
  }
  return {
    list: () => Promise.resolve([summary]),
    show: async (asked) => {
      requireOwn(asked)
      return { record: recordOf(project), summary }
    },
    exists: async (asked) => requireOwn(asked),
    changeConfig: async (asked, patch, actor) => {
      requireOwn(asked)
      await audit.write(actor, 'project.config', ref, {})
      return project.changeConfig(patch, actor)
    },
    create: refuse,
    update: refuse,
    pause: refuse,
    resume: refuse,
    remove: refuse,
    restore: refuse,
    purge: refuse,
    rotateKeys: refuse,
    testDatabase: refuse,
  }
}

function recordOf(project: SingleProject): ProjectRecord {
  const { ref, name, databaseUrl } = project
  const { jwtSecret, anonKey, serviceRoleKey, publishableKey, secretKey, signingKeys } =
    project.keys()
  const config = project.config()
  const encryptionKey = config['basalt.encryption_key'] ?? jwtSecret
  return {
    ref,
    name,
    status: 'active',
    version: 1,
    databaseUrl,
    keptOpen: true,
    /** Secrets in it are masked. */
    get config() {
      return toPrintable(config) as ConfigTree
    },
    keys: {
      jwtSecret,
      // that of a project nobody configured is known to everybody, its database's password may not be
      encryptionKey: createHmac('sha256', encryptionKey).update(databaseUrl).digest('base64url'),
      anonKey,
      serviceRoleKey,
      publishableKey,
      secretKey,
      signingKeys: signingKeys ?? [],
      retired: [],
    },
  }
}

const noSnippets: Snippets = {
  list: () => Promise.resolve([]),
  read: () => Promise.resolve(null),
  write: refuse,
  remove: () => Promise.resolve(false),
}

const noOperators: Operators = {
  list: () => Promise.resolve([]),
  create: refuse,
  update: refuse,
  remove: refuse,
  members: () => Promise.resolve([]),
  setMember: refuse,
  removeMember: refuse,
}

const noSessions: Sessions = {
  signIn: refuse,
  find: () => Promise.resolve(null),
  end: () => Promise.resolve(),
  createToken: refuse,
  tokens: () => Promise.resolve([]),
  revokeToken: refuse,
}
