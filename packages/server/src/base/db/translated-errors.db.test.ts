/** A Postgres whose messages are not English (`lc_messages`): errors are told by their codes. */
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { createTestDatabase, executeDirectly } from '#testing'
import { ownSession } from './database.ts'
import { parseConnectionUrl } from './connection-options.ts'
import { decodeRows } from './decode-rows.ts'
import { openDatabase } from './open-database.ts'

const english = 'cached plan must not change result type'
/** As long as the English one, which messages say the length of. */
const german = 'Plan darf den Ergebnistyp nicht aendern'

test('a statement whose columns have changed is prepared anew', async () => {
  const database = await createTestDatabase('template0')
  const target = new URL(database.url)
  const translating = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    client.pipe(upstream)
    upstream.on('data', (chunk) =>
      client.write(Buffer.from(chunk.toString('latin1').replaceAll(english, german), 'latin1')),
    )
    client.on('close', () => upstream.destroy()).on('error', () => {})
    upstream.on('close', () => client.destroy()).on('error', () => {})
  })
  await new Promise<void>((resolve) => translating.listen(0, '127.0.0.1', () => resolve()))
  const { port } = translating.address() as AddressInfo
  await executeDirectly(database.url, 'create table words as select 1 as id')
  const db = openDatabase({
    connection: { ...parseConnectionUrl(database.url), port },
    maxConnections: 1,
  })
  const read = async (): Promise<unknown> => {
    const statement = { name: 'test.read', text: 'select * from words', values: [] }
    const [result] = await db.transaction(ownSession, [statement], { leaves: 'nothing' })
    return result === undefined ? null : decodeRows(result)
  }
  for (let at = 0; at < 3; at++) expect(await read()).toEqual([{ id: 1 }])
  await executeDirectly(database.url, `alter table words add column word text default 'one'`)
  expect(await read()).toEqual([{ id: 1, word: 'one' }])
  await db.close()
  translating.close()
  await database.drop()
})
