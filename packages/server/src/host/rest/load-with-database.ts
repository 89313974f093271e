/** The options of `basalt rest` with what the database says of them, for those who only want to look at them. */
import type { LoadedRestConfig } from '#base/config'
import { openDatabase } from '#base/db'
import { readDatabaseSettings } from '#services/data-api'
import { connectionOf } from './connection.ts'

export async function loadWithDatabase(
  load: (inDatabase: Readonly<Record<string, string>>) => LoadedRestConfig,
): Promise<LoadedRestConfig> {
  const loaded = load({})
  if (!loaded.config['db-config']) return loaded
  const db = openDatabase({
    connection: connectionOf(loaded.config['db-uri'], loaded.libpq),
    maxConnections: 1,
  })
  try {
    return load(await readDatabaseSettings(db, loaded.config['db-pre-config']))
  } finally {
    await db.close()
  }
}
