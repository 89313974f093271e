/** The control database: brought up to date, opened once, and what nodes, commands and the API do with it. */
import type { ControlParts } from '#host/control-plane/route'
import { controlErrors } from '#host/control-plane/core'
import type { Actor, ProjectDirectory, ProjectUsage } from '#host/control-plane/core'
import { createInspector, openProjectDatabases } from '#host/control-plane/inspect'
import {
  checkOwnPatch,
  checkProjectConfig,
  connectionOf,
  createProjects,
  identityOf,
} from '#host/control-plane/lifecycle'
import { createOperators, createSessions } from '#host/control-plane/operators'
import {
  auditRow,
  change,
  checkMasterKey,
  controlMigrations,
  createDataKeys,
  fleetSettings,
  listAudit,
  listUsage,
  openDirectory,
  read,
  rekey,
  storedSnippets,
} from '#host/control-plane/store'
import type { ControlStore } from '#host/control-plane/store'
import { migrate, openDatabase, systemSession } from '#base/db'
import type { Database } from '#base/db'
import { systemClock, systemRandom } from '#base/kernel'
import type { Clock, Log, Random } from '#base/kernel'
import { sql } from '#base/sql'

export interface ControlOptions {
  readonly url: string
  /** 32 bytes, see `parseMasterKey`. */
  readonly masterKey: Uint8Array
  /** What it wrapped is opened too, until `rekey` is through. */
  readonly previousMasterKey?: Uint8Array
  readonly log: Log
  readonly clock?: Clock
  readonly random?: Random
  /** What a reference to a secret stands for; without it, a text is what it is. */
  readonly resolveSecret?: (text: string) => Promise<string>
}

export interface ControlDatabase extends ControlParts {
  readonly directory: ProjectDirectory
  readonly usage: ControlParts['usage'] & { add(usage: readonly ProjectUsage[]): Promise<void> }
  /** Migrations that were applied now: `control/0001_control`. */
  readonly applied: readonly string[]
  /** Every data key under the present master key; resolves to how many were not. */
  rekey(actor: Actor): Promise<number>
  close(): Promise<void>
}

const connections = 4

/** Rejects when the database cannot be reached, with nothing left open. */
export async function openControlDatabase(options: ControlOptions): Promise<ControlDatabase> {
  const { masterKey, previousMasterKey = null, clock = systemClock } = options
  const resolveSecret = options.resolveSecret ?? ((text: string) => Promise.resolve(text))
  const db = openDatabase({
    connection: { ...connectionOf(options.url), applicationName: 'basalt control' },
    minConnections: 0,
    maxConnections: connections,
    connectPatienceMs: 1_000,
    acquireTimeoutMs: 3_000,
  })
  try {
    await refuseProject(db)
    const applied = await migrate(db, controlMigrations)
    const store: ControlStore = {
      db,
      clock,
      dataKeys: createDataKeys(masterKey, previousMasterKey),
    }
    await checkMasterKey(store)
    const databases = openProjectDatabases(resolveSecret)
    const directory = await openDirectory(store, { checkOwnPatch, checkProjectConfig })
    return {
      directory,
      projects: createProjects({
        store,
        random: options.random ?? systemRandom,
        resolveSecret,
        ownIdentity: await identityOf(db),
      }),
      operators: createOperators(store),
      sessions: createSessions(store),
      inspector: createInspector(databases),
      databases,
      snippets: storedSnippets(store),
      folder: null,
      options: null,
      clock,
      audit: {
        list: (query) => listAudit(store, query),
        write: async (actor, action, ref, detail) => {
          await change(store, (transaction) =>
            transaction.run(auditRow(actor, action, ref, detail)),
          )
        },
      },
      ping: async () => {
        const started = performance.now()
        await read(store, (transaction) => transaction.rows(sql`/* control.ping */ select`))
        return performance.now() - started
      },
      usage: {
        add: (usage) => directory.addUsage(usage),
        list: (query) => listUsage(store, query),
      },
      settings: fleetSettings(store),
      applied,
      rekey: (actor) => rekey(store, actor),
      close: async () => {
        await databases.close()
        await directory.close()
        await db.close()
      },
    }
  } catch (error) {
    await db.close()
    throw error
  }
}

/** A URL that was mixed up must not bring our tables among a customer's. @throws control_database_wrong */
async function refuseProject(db: Database): Promise<void> {
  const [found] = await db.begin(systemSession, (transaction) =>
    transaction.rows<{ wrong: boolean }>(sql`/* control.isProject */
      select pg_catalog.to_regclass('basalt.project_config') is not null
        and pg_catalog.to_regnamespace('basalt_control') is null as wrong`),
  )
  if (found?.wrong === true) throw controlErrors.control_database_wrong()
}
