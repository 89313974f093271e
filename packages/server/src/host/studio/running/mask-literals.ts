/** What a statement says without its strings: those that no plan is made for are counted with them, passwords among them. */
import { masked } from '#base/kernel'

/** Comments and quoted names, which stay; then strings of all three kinds, perhaps cut off. */
const quoted =
  /(--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|"(?:[^"]|"")*(?:"|$))|\bE'(?:\\[\s\S]|''|[^'\\])*(?:'|$)|'(?:[^']|'')*(?:'|$)|(?<![\w$])\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$[\s\S]*?(?:\$\2\$|$)/gi

/** `alter role x password '[redacted]'` */
export function maskLiterals(query: string): string {
  return query.replace(quoted, (_, kept: string | undefined) => kept ?? `'${masked}'`)
}
