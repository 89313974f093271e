/** What is deployed: each change is one transaction, and the changes of a project follow each other. */
import { systemSession } from '#base/db'
import type { Database, Transaction } from '#base/db'
import type { Statement } from '#base/sql'
import { deployedOf } from './deployed.ts'
import type { DeployedFunction, NewVersion, VersionRow } from './deployed.ts'
import { registryErrors } from './errors.ts'
import * as statements from './statements.ts'

export interface RegistryOptions {
  /** As `functionsLogin`. */
  readonly db: Database
  readonly ref: string
  /** Of each function, the one that is called aside. */
  readonly keptVersions: () => number
}

/** As hosted Supabase has it for most. */
const maxFunctions = 1_000

export class Registry {
  readonly #options: RegistryOptions

  constructor(options: RegistryOptions) {
    this.#options = options
  }

  get ref(): string {
    return this.#options.ref
  }

  /** Counts all changes, those of secrets too; null before the first. */
  async revision(): Promise<string | null> {
    const [row] = await this.#rows<{ revision: string }>(statements.selectRevision(this.ref))
    return row?.revision ?? null
  }

  /** With the version that is called. */
  async list(): Promise<readonly DeployedFunction[]> {
    return (await this.#rows<VersionRow>(statements.selectVersions(this.ref, null, true))).map(
      deployedOf,
    )
  }

  /** The newest first. @throws function_not_found */
  async versions(slug: string): Promise<readonly DeployedFunction[]> {
    const rows = await this.#rows<VersionRow>(statements.selectVersions(this.ref, slug, false))
    if (rows.length === 0) throw registryErrors.function_not_found({ slug })
    return rows.map(deployedOf)
  }

  /** The version that is called. @throws function_not_found */
  async find(slug: string): Promise<DeployedFunction> {
    const [row] = await this.#rows<VersionRow>(statements.selectVersions(this.ref, slug, true))
    if (row === undefined) throw registryErrors.function_not_found({ slug })
    return deployedOf(row)
  }

  /** Called from now on, or only kept until `activate`. `dropped`: artifacts of versions that are not kept any more. */
  async add(
    added: NewVersion,
    isActive: boolean,
  ): Promise<{ readonly deployed: DeployedFunction; readonly dropped: readonly string[] }> {
    const { ref } = this
    const { slug, name } = added
    return this.#change(async (transaction) => {
      const [taken] = await transaction.rows<{ version: number }>(
        statements.takeVersion(ref, slug, name),
      )
      const version = (taken as { version: number }).version
      const [count] = await transaction.rows<{ n: number }>(statements.countFunctions(ref))
      if (version === 1 && (count?.n ?? 0) > maxFunctions)
        throw registryErrors.functions_too_many({ max: maxFunctions })
      await transaction.run(statements.insertVersion(ref, version, added))
      if (isActive) await transaction.run(statements.activate(ref, slug, version))
      const kept = this.#options.keptVersions()
      const dropped = await transaction.rows<{ artifact: string }>(
        statements.deleteOldVersions(ref, slug, kept),
      )
      const rows = await transaction.rows<VersionRow>(statements.selectVersions(ref, slug, false))
      const row = rows.find((found) => found.version === version) as VersionRow
      return { deployed: deployedOf(row), dropped: dropped.map(({ artifact }) => artifact) }
    })
  }

  /** All of them or none. @throws function_version_not_found */
  async activate(
    wanted: readonly { readonly slug: string; readonly version: number }[],
  ): Promise<void> {
    await this.#change(async (transaction) => {
      for (const { slug, version } of wanted) {
        const found = await transaction.rows(statements.activate(this.ref, slug, version))
        if (found.length === 0)
          throw registryErrors.function_version_not_found({ slug, version: String(version) })
      }
    })
  }

  /** Null leaves a thing as it is. @throws function_not_found */
  async update(slug: string, name: string | null, verifyJwt: boolean | null): Promise<void> {
    await this.#change(async (transaction) => {
      const found = await transaction.rows(statements.rename(this.ref, slug, name))
      if (found.length === 0) throw registryErrors.function_not_found({ slug })
      await transaction.run(statements.change(this.ref, slug, verifyJwt))
    })
  }

  /** Resolves to the artifacts of its versions. @throws function_not_found */
  async remove(slug: string): Promise<readonly string[]> {
    return this.#change(async (transaction) => {
      const rows = await transaction.rows<VersionRow>(
        statements.selectVersions(this.ref, slug, false),
      )
      const found = await transaction.rows(statements.deleteFunction(this.ref, slug))
      if (found.length === 0) throw registryErrors.function_not_found({ slug })
      return rows.map(({ artifact }) => artifact)
    })
  }

  #rows<T>(statement: Statement): Promise<T[]> {
    return this.#options.db.begin(systemSession, (transaction) => transaction.rows<T>(statement))
  }

  #change<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return changing(this.#options, work)
  }
}

/** One change of a project: after those before it, and announced to all nodes when it is committed. */
export function changing<T>(
  { db, ref }: Pick<RegistryOptions, 'db' | 'ref'>,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  return db.begin(systemSession, async (transaction) => {
    await transaction.run(statements.takeState(ref))
    const result = await work(transaction)
    await transaction.run(statements.announce(ref))
    return result
  })
}
