/** parse: sources of many languages → symbols and references. */
export type { Found, Parsed } from './extract.ts'
export { languageOf, languages } from './languages.ts'
export type { Language } from './languages.ts'
export { openParser, ParseError } from './open-parser.ts'
export type { SourceParser } from './open-parser.ts'
