/** Errors of the plan stage: a well-formed request that does not fit the schema. */
import { defineErrors } from '#base/kernel'

export const planErrors = defineErrors({
  PGRST126: { status: 404, message: 'Root endpoint metadata is disabled' },
  PGRST105: {
    status: 405,
    message: "Filters must include all and only primary key columns with 'eq' operators",
  },
  PGRST107: {
    status: 406,
    message: (p: { types: readonly string[] }) =>
      `None of these media types are available: ${p.types.join(', ')}`,
  },
  PGRST108: {
    status: 400,
    message: (p: { name: string }) => `'${p.name}' is not an embedded resource in this request`,
    hint: (p: { name: string }) =>
      `Verify that '${p.name}' is included in the 'select' query parameter.`,
  },
  unfiltered: {
    code: '21000',
    status: 400,
    message: (p: { verb: string }) => `${p.verb} requires a WHERE clause`,
  },
  aliasedTarget: {
    code: 'PGRST108',
    status: 400,
    message: (p: { name: string; alias: string }) =>
      `'${p.name}' is not an embedded resource in this request`,
    details: 'Target names are not allowed in filters if they have an alias',
    hint: (p: { name: string; alias: string }) =>
      `Change '${p.name}' to '${p.alias}' in filters, orders or limits.`,
  },
  PGRST118: {
    status: 400,
    message: (p: { from: string; to: string }) => `A related order on '${p.to}' is not possible`,
    details: (p: { from: string; to: string }) =>
      `'${p.from}' and '${p.to}' do not form a many-to-one or one-to-one relationship`,
  },
  PGRST122: {
    status: 400,
    message: 'Invalid preferences given with handling=strict',
    details: (p: { invalid: readonly string[] }) => `Invalid preferences: ${p.invalid.join(', ')}`,
  },
  PGRST123: { status: 400, message: 'Use of aggregate functions is not allowed' },
  PGRST127: {
    status: 400,
    message: 'Feature not implemented',
    details: (p: { details: string }) => p.details,
  },
  PGRST128: {
    status: 400,
    message:
      'Function must return SETOF or TABLE when max-affected preference is used with handling=strict',
  },
  PGRST200: {
    status: 400,
    message: (p: NoRelationship) =>
      `Could not find a relationship between '${p.from}' and '${p.to}' in the schema cache`,
    details: (p: NoRelationship) =>
      `Searched for a foreign key relationship between '${p.from}' and '${p.to}'${p.hint === null ? '' : ` using the hint '${p.hint}'`} in the schema '${p.schema}', but no matches were found.`,
    hint: (p: NoRelationship) => p.suggestion ?? '',
  },
  /** `details` is JSON text: a list of the candidates. */
  PGRST201: {
    status: 300,
    message: (p: Ambiguous) =>
      `Could not embed because more than one relationship was found for '${p.from}' and '${p.to}'`,
    details: (p: Ambiguous) => JSON.stringify(p.candidates),
    hint: (p: Ambiguous) =>
      `Try changing '${p.to}' to one of the following: ${p.choices.map((choice) => `'${choice}'`).join(', ')}. Find the desired relationship in the 'details' key.`,
  },
  PGRST202: {
    status: 404,
    message: (p: NoRoutine) =>
      `Could not find the function ${p.routine}${p.called} in the schema cache`,
    details: (p: NoRoutine) =>
      `Searched for the function ${p.routine}${p.searched}, but no matches were found in the schema cache.`,
    hint: (p: NoRoutine) => p.suggestion ?? '',
  },
  PGRST203: {
    status: 300,
    message: (p: { candidates: readonly string[] }) =>
      `Could not choose the best candidate function between: ${p.candidates.join(', ')}`,
    hint: 'Try renaming the parameters or the function itself in the database so function overloading can be resolved',
  },
  PGRST204: {
    status: 400,
    message: (p: { column: string; relation: string }) =>
      `Could not find the '${p.column}' column of '${p.relation}' in the schema cache`,
  },
  PGRST205: {
    status: 404,
    message: (p: { relation: string; suggestion: string | null }) =>
      `Could not find the table '${p.relation}' in the schema cache`,
    hint: (p: { relation: string; suggestion: string | null }) =>
      p.suggestion === null ? '' : `Perhaps you meant the table '${p.suggestion}'`,
  },
})

interface NoRelationship {
  readonly from: string
  readonly to: string
  readonly hint: string | null
  readonly schema: string
  readonly suggestion: string | null
}

interface Ambiguous {
  readonly from: string
  readonly to: string
  readonly candidates: readonly Readonly<Record<string, string>>[]
  readonly choices: readonly string[]
}

interface NoRoutine {
  /** `public.add` */
  readonly routine: string
  /** `(a, b)` or ` without parameters` */
  readonly called: string
  /** ` with parameters a, b` … */
  readonly searched: string
  readonly suggestion: string | null
}
