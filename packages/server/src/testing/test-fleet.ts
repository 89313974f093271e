/** A fleet of a test: a control database, projects in databases of their own, nodes on free ports. */
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rmSync } from 'node:fs'
import { defineConfig, nodeDefaults } from '#base/config'
import type { Config, ConfigTree } from '#base/config'
import type { Log } from '#base/kernel'
import { openControlDatabase } from '#host/control-plane'
import type { ControlDatabase, ProjectRecord } from '#host/control-plane'
import { serveFleet } from '#host/node/fleet'
import type { FleetServer } from '#host/node/fleet'
import type { FleetLoad } from '#host/fleet'
import { openCuttable } from './cuttable.ts'
import type { Cuttable } from './cuttable.ts'
import { createTestDatabase } from './test-database.ts'
import { unlimited } from './unlimited.ts'

export interface TestFleet {
  readonly control: ControlDatabase
  readonly controlUrl: string
  readonly controlLine: Cuttable | null
  readonly masterKey: Uint8Array
  /** Of the first node. */
  readonly url: string
  readonly studioUrl: string | null
  readonly logged: readonly string[]
  /** Of the first node. */
  load(): FleetLoad
  /** A project in a database of its own, with everything a new project has. */
  create(
    ref: string,
    options?: { config?: ConfigTree; databaseUrl?: string },
  ): Promise<ProjectRecord>
  startNode(config?: Partial<Config>): Promise<FleetServer>
  close(): Promise<void>
}

export interface TestFleetOptions {
  /** Of the first node. */
  readonly config?: Partial<Config>
  /** Nodes reach the control database by way of a connection that can be cut: `TestFleet.controlLine`. */
  readonly hasControlLine?: boolean
  /** As whoever makes projects resolves references; nodes do by their configuration. */
  readonly resolveSecret?: (text: string) => Promise<string>
  /** Nodes serve Studio; its page is in `studioFolder`, without it there is none. */
  readonly hasStudio?: boolean
  readonly studioFolder?: string
}

export const testActor = { name: 'test', address: null }

/** Starts it; 0.3 s. */
export async function startTestFleet(options: TestFleetOptions = {}): Promise<TestFleet> {
  const controlDatabase = await createTestDatabase('template0')
  const databases = [controlDatabase]
  const masterKey = randomBytes(32)
  const logged: string[] = []
  const log = recording(logged)
  const folder = join(tmpdir(), `basalt-test-fleet-${randomBytes(4).toString('hex')}`)
  const controlLine =
    options.hasControlLine === true ? await openCuttable(controlDatabase.url) : null
  const control = await openControlDatabase({
    url: controlDatabase.url,
    masterKey,
    log,
    ...(options.resolveSecret === undefined ? {} : { resolveSecret: options.resolveSecret }),
  })
  const nodes: FleetServer[] = []

  async function startNode(config: Partial<Config> = {}): Promise<FleetServer> {
    const node = await serveFleet({
      config: defineConfig({
        ...nodeDefaults,
        ...unlimited,
        'basalt.rate_limit.enabled': false,
        'basalt.shutdown_delay': 0,
        'api.port': 0,
        'basalt.admin_port': 0,
        'studio.port': 0,
        'basalt.fleet.control_db_url': controlLine?.url ?? controlDatabase.url,
        'basalt.fleet.base_domain': 'test.example',
        'storage.path': folder,
        'edge_runtime.enabled': false,
        ...config,
      }),
      masterKey,
      previousMasterKey: null,
      workdir: '.',
      slot: nodes.length,
      servesAdmin: true,
      ...(options.hasStudio === true ? { studioFolder: options.studioFolder ?? null } : {}),
      log,
    })
    nodes.push(node)
    return node
  }

  const first = await startNode(options.config)
  return {
    control,
    controlUrl: controlDatabase.url,
    controlLine,
    masterKey,
    url: first.url,
    studioUrl: first.studioUrl,
    logged,
    load: () => first.fleet.load(),
    create: async (ref, { config, databaseUrl } = {}) => {
      const database = databaseUrl === undefined ? await createTestDatabase() : null
      if (database !== null) databases.push(database)
      const url = databaseUrl ?? (database?.url as string)
      const given = config === undefined ? {} : { config }
      return (await control.projects.create({ ref, databaseUrl: url, ...given }, testActor)).record
    },
    startNode,
    close: async () => {
      await Promise.all(nodes.map((node) => node.stop()))
      await controlLine?.close()
      await control.close()
      for (const database of databases.toReversed()) await database.drop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function recording(lines: string[]): Log {
  const write =
    (level: string): Log['info'] =>
    (message, fields) =>
      void lines.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`)
  return { debug: () => {}, info: write('info'), warn: write('warn'), error: write('error') }
}
