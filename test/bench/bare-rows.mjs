/**
 * What a search for symbols is measured against: node:http and pg with nothing between them, and names that are known beforehand.
 * One prepared statement a request reads the rows of 21 names, and 20 of them go out as JSON: no keys, limits, versions or names
 * to find. `node bare-rows.mjs <database URL> <repository>` writes its port.
 */
import { createServer } from 'node:http'
import pg from 'pg'

const [url, repository] = process.argv.slice(2)
const pool = new pg.Pool({ connectionString: url, max: 10 })
const lists = []
for (let i = 0; i < 100; i++) {
  const { rows } = await pool.query(
    `select distinct name collate "C" as name from symbols where repository_id = $1 and name collate "C" >= $2 order by 1 limit 21`,
    [repository, `openTokenByCache${i}`],
  )
  lists.push(rows.map(({ name }) => name))
}
const statement = {
  name: 'rows',
  text: `select symbols.id, symbols.name, symbols.kind, symbols.signature, symbols.container, symbols.language, files.path,
      symbols.repository_id, symbols.start_line, symbols.start_column, symbols.end_line, symbols.end_column
    from symbols join indexed_files files on files.id = symbols.file_id
    where symbols.repository_id = $1 and symbols.name collate "C" = any ($2)
    order by symbols.name collate "C", symbols.id limit 21`,
}
let count = 0
const server = createServer((request, response) => {
  const values = [repository, lists[count++ % lists.length]]
  pool.query({ ...statement, values }).then(
    ({ rows }) => {
      const body = JSON.stringify({ symbols: rows.slice(0, 20), next_cursor: null })
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      })
      response.end(body)
    },
    (error) => {
      response.writeHead(500)
      response.end(String(error))
    },
  )
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
