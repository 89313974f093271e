/** A request tree in the query language of `/rest/v1`. */
import type { Column, Embed, Field, Logic, Node, OrderTerm, Test, Tree } from './request-tree.ts'

/** The target: path and percent-encoded query. */
export function writeQuery({ node }: Tree): string {
  const parameters = [['select', writeSelect(node)], ...writeParameters(node, '')]
  const query = parameters.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&')
  return `/${node.table}?${query}`
}

const encode = (text = ''): string => encodeURIComponent(text)

function writeSelect({ star, columns, embeds }: Node): string {
  return [...(star ? ['*'] : []), ...columns.map(writeColumn), ...embeds.map(writeEmbed)].join(',')
}

function writeColumn({ field, key, alias, cast, aggregate }: Column): string {
  const name = alias ? `${key}:` : ''
  return `${name}${writeField(field)}${cast === null ? '' : `::${cast}`}${aggregate === null ? '' : `.${aggregate}()`}`
}

function writeField({ column, path }: Field): string {
  const name = /^\w+$/.test(column) ? column : quote(column)
  return path === null ? name : `${name}->${path.asText ? '>' : ''}${path.key}`
}

function writeEmbed({ name, key, inner, form, node }: Embed): string {
  const prefix = form === 'spread' ? '...' : key === name ? '' : `${key}:`
  return `${prefix}${name}${inner ? '!inner' : ''}(${writeSelect(node)})`
}

function writeParameters(node: Node, path: string): string[][] {
  const parameters: string[][] = node.where.map((logic) => writeTop(logic, path))
  for (const { key, test } of node.embeds) {
    if (test !== null) parameters.push([path + key, test === 'empty' ? 'is.null' : 'not.is.null'])
  }
  if (node.order.length > 0) parameters.push([`${path}order`, node.order.map(writeOrder).join(',')])
  if (node.limit !== null) parameters.push([`${path}limit`, String(node.limit)])
  if (node.offset !== null) parameters.push([`${path}offset`, String(node.offset)])
  for (const embed of node.embeds)
    parameters.push(...writeParameters(embed.node, `${path}${embed.key}.`))
  return parameters
}

function writeOrder({ field, embed, direction, nulls }: OrderTerm): string {
  const name = embed === null ? writeField(field) : `${embed.key}(${writeField(field)})`
  return `${name}${direction === null ? '' : `.${direction}`}${nulls === null ? '' : `.nulls${nulls}`}`
}

function writeTop(logic: Logic, path: string): string[] {
  if (logic.kind === 'test') {
    return [
      path + writeField(logic.field),
      `${logic.negated ? 'not.' : ''}${writeOperator(logic)}.${writeValue(logic)}`,
    ]
  }
  const nodes = logic.nodes.map(writeLogic).join(',')
  return [`${path}${logic.negated ? 'not.' : ''}${logic.operator}`, `(${nodes})`]
}

function writeLogic(logic: Logic): string {
  if (logic.kind === 'group') {
    return `${logic.negated ? 'not.' : ''}${logic.operator}(${logic.nodes.map(writeLogic).join(',')})`
  }
  const value = writeValue(logic)
  const whole = logic.operator === 'in' || /^[\w*%-]+$/.test(value) ? value : quote(value)
  return `${writeField(logic.field)}.${logic.negated ? 'not.' : ''}${writeOperator(logic)}.${whole}`
}

function writeOperator({ operator, modifier, language }: Test): string {
  const inside = modifier ?? language
  return inside === null ? operator : `${operator}(${inside})`
}

function writeValue({ operator, modifier, values }: Test): string {
  if (operator === 'in')
    return `(${values.map((value) => (/^\w+$/.test(value) ? value : quote(value))).join(',')})`
  if (modifier !== null) return `{${values.map(quote).join(',')}}`
  return values[0] ?? ''
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`
}
