/** Migrations: listed, read, written and applied. */
import { flag, listOf, liveDatabase, nullable, object, text } from '#host/control-plane/route'
import type { ApiRoute } from '#host/control-plane/route'
import { jsonResponse } from '#base/http'
import { sqlErrors } from './errors.ts'
import { applyFiles, createMigration, listAll, readOne } from './migrations.ts'
import type { NewMigration } from './migrations.ts'

const version = text('14 digits mostly: when it was made', 100)
const file = nullable(text('In supabase/migrations; null where there is none', 300))
const applied = listOf(text('Its file', 300), 'What was applied now, in order')

export const migrationRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/projects/:ref/migrations',
    least: 'read-only',
    summary: 'Migrations: files and what the database has, in order',
    response: listOf(
      object({
        version,
        name: nullable(text('Its name', 300)),
        applied: flag('The database has it'),
        file,
      }),
    ),
    handle: async (call) =>
      jsonResponse(200, await listAll(await liveDatabase(call), call.parts.folder)),
  },
  {
    method: 'POST',
    path: '/projects/:ref/migrations',
    least: 'developer',
    summary: 'Writes a migration, and applies it behind those that are pending',
    request: object({
      name: text('Letters, digits, - and _', 100),
      sql: { ...text('What it does', 1_000_000), minLength: 1 },
      apply: flag('At once; what fails leaves no file'),
    }),
    response: object({ version, file, applied }),
    status: 201,
    audit: 'migration.create',
    handle: async (call) =>
      jsonResponse(
        201,
        await createMigration(call, call.body as NewMigration, await liveDatabase(call)),
      ),
  },
  {
    method: 'POST',
    path: '/projects/:ref/migrations/apply',
    least: 'developer',
    summary: 'Applies the files that are pending',
    response: object({ applied }),
    audit: 'migration.apply',
    handle: async (call) => {
      await liveDatabase(call)
      const { folder } = call.parts
      if (folder === null) throw sqlErrors.studio_no_folder()
      return jsonResponse(200, { applied: await applyFiles(folder) })
    },
  },
  {
    method: 'GET',
    path: '/projects/:ref/migrations/:version',
    least: 'read-only',
    summary: 'What one migration does',
    response: object({ version, sql: text('Its text', 10_000_000) }),
    handle: async (call) => {
      const version_ = call.params['version'] ?? ''
      const found = await readOne(await liveDatabase(call), call.parts.folder, version_)
      return jsonResponse(200, { version: version_, sql: found })
    },
  },
]
