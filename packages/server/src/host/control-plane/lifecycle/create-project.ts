/** Making a project: its database is tested and prepared, keys are minted, then it is stored. */
import { controlErrors, requireRef } from '#host/control-plane/core'
import type { Actor } from '#host/control-plane/core'
import {
  auditRow,
  change,
  insertProject,
  lockProject,
  read,
  readProject,
} from '#host/control-plane/store'
import type { Requirement } from '#host/platform'
import { sql } from '#base/sql'
import { mintKeys, secretText } from './mint-keys.ts'
import { provisionDatabase, testDatabase } from './project-database.ts'
import { requireConfig, requireName } from './project-input.ts'
import type { NewProjectInput, ProjectsOptions, Taken } from './project-input.ts'

/** What the services need is brought into the database before it is anybody's; without the row nobody uses it. */
export async function takeDatabase(
  { store, resolveSecret, ownIdentity }: ProjectsOptions,
  ref: string,
  given: string,
): Promise<{ readonly identity: string; readonly warnings: readonly Requirement[] }> {
  const url = await resolveSecret(given)
  const { identity, warnings } = await testDatabase(url)
  if (identity === ownIdentity)
    throw controlErrors.control_database_taken({
      by: 'the fleet itself: it is its control database',
    })
  const [other] = await read(store, (transaction) =>
    transaction.rows<{ ref: string }>(sql`/* control.findDatabaseOwner */
      select ref from basalt_control.projects where database_identity = ${identity} and ref <> ${ref}`),
  )
  if (other !== undefined)
    throw controlErrors.control_database_taken({ by: 'another project of this fleet' })
  const neighbours = await hasNeighbours(store, ref, identity, ownIdentity)
  await provisionDatabase(url)
  return { identity, warnings: neighbours ? [...warnings, sharedServer] : warnings }
}

/** Roles, and what `postgres` may do with them, are the server's: there is no wall between its databases. */
const sharedServer: Requirement = {
  level: 'warning',
  message:
    'other projects of this fleet, or its control database, are on the same server: whoever has SQL as `postgres` in one of them can reach all',
  remedy: 'Projects of people who do not trust each other need servers of their own.',
}

async function hasNeighbours(
  store: ProjectsOptions['store'],
  ref: string,
  identity: string,
  ownIdentity: string | null,
): Promise<boolean> {
  const server = identity.slice(0, identity.lastIndexOf('/') + 1)
  if (ownIdentity?.startsWith(server) === true) return true
  const found = await read(store, (transaction) =>
    transaction.rows(sql`/* control.findNeighbours */
      select from basalt_control.projects
      where starts_with(database_identity, ${server}) and ref <> ${ref} limit 1`),
  )
  return found.length > 0
}

export async function createProject(
  options: ProjectsOptions,
  input: NewProjectInput,
  actor: Actor,
): Promise<Taken> {
  const { store, random } = options
  const { ref, name = ref, databaseUrl, config = {}, algorithm } = input
  requireRef(ref)
  requireName(name)
  requireConfig(config)
  const isTaken = await read(store, (transaction) => readProject(store, transaction, ref))
  if (isTaken !== null) throw controlErrors.control_ref_taken({ ref })
  const { identity, warnings } = await takeDatabase(options, ref, databaseUrl)
  const fresh = mintKeys(ref, { random, nowMs: store.clock.now() }, algorithm)
  const keys = { ...fresh, encryptionKey: secretText(random), retired: [] }
  const record = await change(store, async (transaction) => {
    await insertProject(store, transaction, {
      ref,
      name,
      databaseUrl,
      config,
      keys,
      databaseIdentity: identity,
    })
    await transaction.run(auditRow(actor, 'project.create', ref, { name }))
    return (await lockProject(store, transaction, ref)).record
  })
  return { record, warnings }
}
