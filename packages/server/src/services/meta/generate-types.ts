/** TypeScript types of a database, as the Supabase CLI generates them. */
import { openDatabase, parseConnectionUrl } from '#base/db'
import type { Database } from '#base/db'
import { turns } from '#base/service'
import { renderTypes } from './render-types.ts'
import type { RenderOptions } from './render-types.ts'
import { loadShape } from './shape.ts'
import type { SchemaFilter } from './shape.ts'

export type TypesOptions = SchemaFilter & Partial<RenderOptions>

/** The PostgREST whose language we speak. */
export const postgrestVersion = '14.1'

const defaults: RenderOptions = { postgrestVersion, detectsOneToOne: true }

/** As UTF-8 in blocks; in turns with requests, for 10,000 tables are seconds of work. */
export async function generateTypes(
  db: Database,
  options: TypesOptions,
): Promise<readonly Uint8Array[]> {
  const shape = await loadShape(db, options)
  return turns.run(renderTypes(shape, { ...defaults, ...options }))
}

/** The text for the database at a URL. */
export async function generateTypesOf(url: string, options: TypesOptions): Promise<string> {
  const connection = parseConnectionUrl(url)
  const db = openDatabase({ connection, maxConnections: 1 })
  try {
    return Buffer.concat(await generateTypes(db, options)).toString()
  } finally {
    await db.close()
  }
}
