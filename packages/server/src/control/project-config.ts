/** A project's configuration as it is now: what the process started with, and over it what was set at run time. */
import { mergeConfigTree, overlayConfig } from '#config'
import type { Config, ConfigProblem, ConfigTree } from '#config'
import { ownSession } from '#db'
import type { Database } from '#db'
import type { Log } from '#kernel'
import { sql } from '#sql'

export interface ProjectConfig {
  current(): Config
  /**
   * Merges `patch` into what is set, null taking a key back to its file's value. With problems nothing changes;
   * without, it is stored and in use when this resolves.
   */
  change(patch: ConfigTree): Promise<readonly ConfigProblem[]>
  /** Called after each change with what was and what is, and awaited by it. */
  onChange(listener: (before: Config, after: Config) => Promise<void>): void
}

export interface ProjectConfigOptions {
  readonly db: Database
  readonly ref: string
  /** What the process started with. */
  readonly base: Config
  readonly log: Log
}

/** Reads what is stored. A stored value that no longer fits is left out, with a warning. */
export async function openProjectConfig(options: ProjectConfigOptions): Promise<ProjectConfig> {
  const { db, ref, base, log } = options
  const listeners: ((before: Config, after: Config) => Promise<void>)[] = []
  const stored = await db.begin(ownSession, (transaction) =>
    transaction.rows<StoredRow>(
      sql`/* control.readProjectConfig */ select overrides from basalt.project_config where ref = ${ref}`,
    ),
  )
  const opened = overlayConfig(base, stored[0]?.overrides ?? {}, 'run-time configuration')
  for (const { key, message } of opened.problems)
    log.warn('a value of the run-time configuration is left out', { key, message })
  let config = opened.config
  let queue: Promise<unknown> = Promise.resolve()

  async function change(patch: ConfigTree): Promise<readonly ConfigProblem[]> {
    const outcome = await store(options, patch)
    if (outcome.problems.length > 0) return outcome.problems
    const before = config
    config = outcome.config
    for (const listener of listeners) await listener(before, config)
    return []
  }

  return {
    current: () => config,
    // one after the other, so that what is in use is what was stored last
    change: (patch) => {
      const result = queue.then(() => change(patch))
      queue = result.catch(() => {})
      return result
    },
    onChange: (listener) => void listeners.push(listener),
  }
}

interface StoredRow {
  readonly overrides: ConfigTree
}

/** The row's lock makes changes of several processes follow each other. */
function store(
  { db, ref, base }: ProjectConfigOptions,
  patch: ConfigTree,
): Promise<ReturnType<typeof overlayConfig>> {
  return db.begin(ownSession, async (transaction) => {
    const [row] = await transaction.rows<StoredRow>(sql`/* control.lockProjectConfig */
      insert into basalt.project_config as config (ref) values (${ref})
      on conflict (ref) do update set ref = excluded.ref
      returning config.overrides`)
    const tree = mergeConfigTree(row?.overrides ?? {}, patch)
    const outcome = overlayConfig(base, tree, 'configuration')
    if (outcome.problems.length === 0) {
      await transaction.run(sql`/* control.storeProjectConfig */
        update basalt.project_config set overrides = ${JSON.stringify(tree)}, updated_at = now()
        where ref = ${ref}`)
    }
    return outcome
  })
}
