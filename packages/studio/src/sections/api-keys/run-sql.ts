/** One statement of ours on the tables of keys, as the owner. */
import { call, projectPath } from '#studio/api'

interface Outcome {
  readonly results: readonly { readonly rows: readonly (readonly (string | null)[])[] }[]
  readonly error: {
    readonly code: string
    readonly message: string
    readonly detail: string | null
    readonly hint: string | null
  } | null
}

/** The rows of it. Rejects with what Postgres refused. */
export async function runSql(
  ref: string,
  query: string,
): Promise<readonly (readonly (string | null)[])[]> {
  const { results, error } = await call<Outcome>('POST', projectPath(ref, 'sql/run'), {
    body: { query },
  })
  if (error !== null)
    throw Object.assign(new Error(error.message), {
      code: error.code,
      details: error.detail,
      hint: error.hint,
    })
  return results.at(-1)?.rows ?? []
}
