/** Queries that go out in one piece: by itself a client waits for each answer before it sends the next. */
import type { ClientBase, Query, ResultBuilder } from 'pg'

/** Each has its own answer, in their order. @throws the first error, when all are answered */
export async function sendTogether(
  client: ClientBase,
  queries: readonly Query[],
): Promise<ResultBuilder[]> {
  const submits = queries.map((query) => query.submit.bind(query))
  const answers = queries.map(
    (query, index) =>
      new Promise<ResultBuilder>((resolve, reject) => {
        query.on('end', resolve).on('error', reject)
        query.submit = (connection) => {
          if (index > 0) return null
          connection.stream.cork()
          for (const submit of submits) {
            const refused: unknown = submit(connection)
            // what was not sent has no answer: those behind it would be taken for its own
            if (refused instanceof Error) connection.stream.destroy(refused)
          }
          connection.stream.uncork()
          return null
        }
        client.query(query)
      }),
  )
  const settled = await Promise.allSettled(answers)
  return settled.map((answer) => {
    if (answer.status === 'rejected') throw answer.reason
    return answer.value
  })
}
