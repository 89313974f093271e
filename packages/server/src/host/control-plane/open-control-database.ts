/** The control database: brought up to date, opened once, and what nodes, commands and the API do with it. */
import type { Actor, ProjectDirectory, ProjectUsage } from '#host/control-plane/core'
import {
  checkOwnPatch,
  checkProjectConfig,
  connectionOf,
  createProjects,
  identityOf,
} from '#host/control-plane/lifecycle'
import type { Projects } from '#host/control-plane/lifecycle'
import {
  checkMasterKey,
  controlMigrations,
  createDataKeys,
  fleetSettings,
  listAudit,
  listUsage,
  openDirectory,
  rekey,
} from '#host/control-plane/store'
import type {
  AuditEntry,
  AuditQuery,
  ControlStore,
  FleetSettings,
  UsageHour,
} from '#host/control-plane/store'
import { migrate, openDatabase } from '#base/db'
import { systemClock, systemRandom } from '#base/kernel'
import type { Clock, Log, Random } from '#base/kernel'

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

export interface ControlDatabase {
  readonly directory: ProjectDirectory
  readonly projects: Projects
  readonly audit: { list(query: AuditQuery): Promise<AuditEntry[]> }
  readonly usage: {
    add(usage: readonly ProjectUsage[]): Promise<void>
    list(query: { ref: string; fromMs: number; toMs: number }): Promise<UsageHour[]>
  }
  readonly settings: FleetSettings
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
  const db = openDatabase({
    connection: { ...connectionOf(options.url), applicationName: 'basalt control' },
    minConnections: 0,
    maxConnections: connections,
    connectPatienceMs: 1_000,
    acquireTimeoutMs: 3_000,
  })
  try {
    const applied = await migrate(db, controlMigrations)
    const store: ControlStore = {
      db,
      clock,
      dataKeys: createDataKeys(masterKey, previousMasterKey),
    }
    await checkMasterKey(store)
    const directory = await openDirectory(store, { checkOwnPatch, checkProjectConfig })
    return {
      directory,
      projects: createProjects({
        store,
        random: options.random ?? systemRandom,
        resolveSecret: options.resolveSecret ?? ((text) => Promise.resolve(text)),
        ownIdentity: await identityOf(db),
      }),
      audit: { list: (query) => listAudit(store, query) },
      usage: {
        add: (usage) => directory.addUsage(usage),
        list: (query) => listUsage(store, query),
      },
      settings: fleetSettings(store),
      applied,
      rekey: (actor) => rekey(store, actor),
      close: async () => {
        await directory.close()
        await db.close()
      },
    }
  } catch (error) {
    await db.close()
    throw error
  }
}
