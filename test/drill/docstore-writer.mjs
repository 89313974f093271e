/** The process that test/drill/docstore.mjs kills: transactions over three stores, told to the parent when acknowledged. */
import { defineStore, openDocstore } from '../../packages/docstore/dist/index.js'

export const schemas = [
  defineStore('orders', { key: 'id' })
    .index('by_version', ['version'])
    .index('by_mail', ['mail'], { unique: true }),
  defineStore('lines', { key: 'id' }).index('by_order', ['order_id', 'version']),
  defineStore('audit', { key: 'id', autoIncrement: true }),
]
const writers = 16

if (process.argv[1] === import.meta.filename) {
  const [dataDir, from] = process.argv.slice(2)
  const db = await openDocstore({ dataDir, writeBufferBytes: 256 << 10 })
  await db.applySchemas(schemas)
  process.send({ ready: true })
  let next = Number(from)
  await Promise.all(
    Array.from({ length: writers }, async () => {
      for (;;) {
        const id = next++
        for (let version = 1; version <= 3; version++) {
          await db.run(['orders', 'lines', 'audit'], async (tx) => {
            await tx.put('orders', { id, version, mail: `${id}-${version}`, text: 'x'.repeat(200) })
            for (let line = 0; line < 3; line++)
              await tx.put('lines', { id: `${id}/${line}`, order_id: id, version })
            await tx.putAuto('audit', { what: id })
          })
          process.send({ ack: { id, version } })
        }
      }
    }),
  )
}
