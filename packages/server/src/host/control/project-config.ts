/** A project's configuration as it is now: what the process started with, and over it what was set at run time. */
import { mergeConfigTree, overlayConfig } from '#base/config'
import type { Config, ConfigProblem, ConfigTree } from '#base/config'
import { systemSession } from '#base/db'
import type { Database, Transaction } from '#base/db'
import { createSequence } from '#base/kernel'
import type { Log } from '#base/kernel'
import { sql } from '#base/sql'
import type { Seal } from './seal.ts'

export interface ProjectConfig {
  current(): Config
  /**
   * Merges `patch` into what is set, null taking a key back to its file's value. With problems nothing changes;
   * without, it is stored and in use when this resolves.
   */
  change(patch: ConfigTree): Promise<readonly ConfigProblem[]>
  /** Called after each change, of another process too, with what was and what is, and awaited by it. */
  onChange(listener: (before: Config, after: Config) => Promise<void>): void
  /** No more changes are seen. */
  close(): void
}

export interface ProjectConfigOptions {
  readonly db: Database
  /** Whose listening connection is shared. */
  readonly listenOn: Pick<Database, 'listen'>
  readonly ref: string
  /** What the process started with. */
  readonly base: Config
  readonly log: Log
  /** What is stored has secrets in it, and whoever connects as `postgres` can read the table. */
  readonly seal: Seal
  /** Problems that only the running process sees: a file that is not there. */
  readonly check?: (config: Config) => Promise<readonly ConfigProblem[]>
}

/** What the configuration is sealed as. */
export function configLabel(ref: string): string {
  return `config ${ref}`
}

const channel = 'basalt_config'
const source = 'run-time configuration'

/** Reads what is stored, and again when another process has changed it. A value that no longer fits is left out, with a warning. */
export async function openProjectConfig(options: ProjectConfigOptions): Promise<ProjectConfig> {
  const { db, listenOn, ref, base, log } = options
  const listeners: ((before: Config, after: Config) => Promise<void>)[] = []
  let config = base
  /** The row as it was last read or written: what we stored ourselves need not be read again. */
  let known: string | null = null
  /** What is in use is what was stored last. */
  const inTurn = createSequence()

  async function use(next: Config): Promise<void> {
    const before = config
    config = next
    for (const listener of listeners) await listener(before, next)
  }

  async function reload(): Promise<void> {
    const [row] = await db.begin(systemSession, (transaction) => readRow(transaction, ref))
    const stored = row === undefined ? null : JSON.stringify(row.overrides)
    if (stored === known) return
    known = stored
    const tree = openTree(options, row)
    if (tree === null) log.error(sealedWithAnother.message, { key: 'basalt.encryption_key' })
    const { config: next, problems } = overlayConfig(base, tree ?? {}, source)
    for (const { key, message } of problems)
      log.warn('a value of the run-time configuration is left out', { key, message })
    await use(next)
  }

  async function change(patch: ConfigTree): Promise<readonly ConfigProblem[]> {
    const outcome = await store(options, patch)
    if (outcome.problems.length > 0) return outcome.problems
    known = outcome.stored
    await use(outcome.config)
    return []
  }

  const reloadSoon = (): void =>
    void inTurn(reload).catch((error: unknown) =>
      log.warn('the run-time configuration could not be read', { error: String(error) }),
    )
  // before the first read: what changes in between is announced
  const onNotify = (payload: string): void => {
    if (payload === ref) reloadSoon()
  }
  const close = await listenOn.listen(channel, onNotify, reloadSoon).catch((error: unknown) => {
    log.warn('changes of the configuration by other processes will not be seen', {
      error: String(error),
    })
    return () => {}
  })
  await inTurn(reload)
  return {
    current: () => config,
    change: (patch) => inTurn(() => change(patch)),
    onChange: (listener) => void listeners.push(listener),
    close,
  }
}

/** `{ "sealed": "v1:…" }`; a tree as it is in rows of before they were sealed. */
interface StoredRow {
  readonly overrides: ConfigTree
}

async function readRow(transaction: Transaction, ref: string): Promise<StoredRow[]> {
  return transaction.rows<StoredRow>(
    sql`/* control.readProjectConfig */ select overrides from basalt.project_config where ref = ${ref}`,
  )
}

const sealedWithAnother: ConfigProblem = {
  source,
  key: null,
  message:
    'what is stored was sealed with another key (basalt.encryption_key, else auth.jwt_secret): give the process that key, or delete the row in basalt.project_config',
}

/** Null for what was sealed with another key. */
function openTree(
  { ref, seal }: ProjectConfigOptions,
  row: StoredRow | undefined,
): ConfigTree | null {
  const sealed = row?.overrides['sealed']
  if (typeof sealed !== 'string') return row?.overrides ?? {}
  const text = seal.open(sealed, configLabel(ref))
  return text === null ? null : (JSON.parse(text) as ConfigTree)
}

interface Outcome {
  readonly problems: readonly ConfigProblem[]
  readonly config: Config
  readonly stored: string
}

/** The row's lock makes changes of several processes follow each other. */
function store(options: ProjectConfigOptions, patch: ConfigTree): Promise<Outcome> {
  const { db, ref, base, seal, check } = options
  return db.begin(systemSession, async (transaction) => {
    const [row] = await transaction.rows<StoredRow>(sql`/* control.lockProjectConfig */
      insert into basalt.project_config as config (ref) values (${ref})
      on conflict (ref) do update set ref = excluded.ref
      returning config.overrides`)
    const before = openTree(options, row)
    if (before === null) return { problems: [sealedWithAnother], config: base, stored: '' }
    const tree = mergeConfigTree(before, patch)
    const { config, problems } = overlayConfig(base, tree, 'configuration')
    const all = problems.length > 0 ? problems : ((await check?.(config)) ?? [])
    const stored = JSON.stringify({ sealed: seal.seal(JSON.stringify(tree), configLabel(ref)) })
    if (all.length === 0) {
      await transaction.run(
        sql`/* control.storeProjectConfig */
          update basalt.project_config set overrides = ${stored}, updated_at = now() where ref = ${ref}`,
        sql`/* control.announceProjectConfig */ select pg_notify(${channel}, ${ref})`,
      )
    }
    return { problems: all, config, stored }
  })
}
