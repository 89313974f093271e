/** What a statement is asked with: each value where its text needs it. */
export interface Asking {
  readonly values: unknown[]
  readonly types: string[]
  /** The text of a value; `type` is one of Postgres. */
  readonly bind: (value: unknown, type: string) => string
}

/** For `queryTogether`: columns of `asked`. */
export function askTogether(): Asking {
  const values: unknown[] = []
  const types: string[] = []
  const bind: Asking['bind'] = (value, type) => {
    types.push(type)
    return `asked.p${values.push(value)}`
  }
  return { values, types, bind }
}

/** For a statement of its own. */
export function askAlone(): Asking {
  const values: unknown[] = []
  const types: string[] = []
  const bind: Asking['bind'] = (value, type) => {
    types.push(type)
    return `$${values.push(value)}::${type}`
  }
  return { values, types, bind }
}
