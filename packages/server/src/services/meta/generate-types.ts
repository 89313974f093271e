/** TypeScript types of a database, as the Supabase CLI generates them. */
import { readFileSync } from 'node:fs'
import { openDatabase, parseConnectionUrl } from '#base/db'
import type { Database } from '#base/db'
import { renderTypes } from './render-types.ts'
import type { RenderOptions } from './render-types.ts'
import { loadShape } from './shape.ts'
import type { SchemaFilter } from './shape.ts'

export type TypesOptions = SchemaFilter & Partial<RenderOptions>

/** The PostgREST whose language we speak. */
export const postgrestVersion = '14.1'

const defaults: RenderOptions = { postgrestVersion, detectsOneToOne: true }

export async function generateTypes(db: Database, options: TypesOptions): Promise<string> {
  return renderTypes(await loadShape(db, options), { ...defaults, ...options })
}

/** The same for the database at a URL. */
export async function generateTypesOf(url: string, options: TypesOptions): Promise<string> {
  const connection = parseConnectionUrl(url, (path) => readFileSync(path, 'utf8'))
  const db = openDatabase({ connection, maxConnections: 1 })
  try {
    return await generateTypes(db, options)
  } finally {
    await db.close()
  }
}
