/** The call of a function as a source of rows. */
import type { CallArguments, CallPlan, PlannedArgument } from '#services/data-api/plan'
import { quoteIdentifier } from '#base/sql'
import { renderName, renderQualified } from './render-field.ts'
import type { Writer } from './writer.ts'

export function renderCall(writer: Writer, plan: CallPlan): string {
  const { routine } = plan
  const { body, list } = renderArguments(writer, plan.arguments)
  const call = `${renderName(routine)}(${list})`
  if (!routine.returns.isComposite) {
    return `SELECT pgrst_call.pgrst_scalar FROM ${body}(SELECT ${call} AS pgrst_scalar) AS pgrst_call`
  }
  const columns = plan.returning.map((name) => renderQualified(['pgrst_call'], name))
  return `SELECT ${columns.join(', ')} FROM ${body}${call} AS pgrst_call`
}

/** `list` stands between the parentheses; `body` is a FROM item it refers to. */
function renderArguments(writer: Writer, given: CallArguments): { body: string; list: string } {
  switch (given.kind) {
    case 'none':
      return { body: '', list: '' }
    case 'single':
      return {
        body: '',
        list: `${writer.bind({ form: 'text', slot: given.body })}::${given.type}`,
      }
    case 'named':
      return {
        body: '',
        list: given.arguments
          .map((argument) => renderNamed(argument, renderLiteral(writer, argument)))
          .join(', '),
      }
    case 'json': {
      const types = given.arguments.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`)
      const reader = given.isObject ? 'json_to_record' : 'json_to_recordset'
      const bound = writer.bind({ form: 'text', slot: given.body })
      return {
        body: `(SELECT * FROM ${reader}(${bound}::json) AS pgrst_json(${types.join(', ')}) LIMIT 1) AS pgrst_body, LATERAL `,
        list: given.arguments
          .map((argument) => renderNamed(argument, `pgrst_body.${quoteIdentifier(argument.name)}`))
          .join(', '),
      }
    }
  }
}

function renderNamed({ name, variadic }: PlannedArgument, value: string): string {
  return `${variadic ? 'VARIADIC ' : ''}${quoteIdentifier(name)} := ${value}`
}

function renderLiteral(writer: Writer, { slots, type, variadic }: PlannedArgument): string {
  const value = variadic
    ? writer.bind({ form: 'array', slots })
    : writer.bind({ form: 'text', slot: slots[0] ?? 0 })
  return `${value}::${type}`
}
