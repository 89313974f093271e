/** sql: statements, fragments, identifiers, literals. Pure text. */
export {
  Fragment,
  fragment,
  identifier,
  join,
  quoteIdentifier,
  quoteLiteral,
  sql,
  verbatim,
} from './statement.ts'
export type { SqlValue, Statement } from './statement.ts'
export { arrayLiteral, parseArrayLiteral } from './array-literal.ts'
