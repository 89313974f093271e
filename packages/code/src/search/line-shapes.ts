/** How lines of a piece are found: by a text, or by a regular expression. */
import type { CodeSearch } from './find-code.ts'
import { escapeLike } from './patterns.ts'
import { lineRegex } from './line-regex.ts'
import { literalsOf } from './regex-literals.ts'

export type Bind = (value: unknown) => string

export interface Shape {
  /** One for each text of a statement. */
  readonly kind: string
  /** The condition of a piece. */
  readonly pieces: string
  /** More columns of a piece, worked out once for it. */
  readonly whole: string
  /** A query of `number` and `text`. */
  readonly lines: string
}

export function shapeOf(search: CodeSearch, bind: Bind): Shape {
  return search.regex ? byRegex(search, bind) : byText(search, bind)
}

function byText({ pattern, ignore_case }: CodeSearch, bind: Bind): Shape {
  const like = bind(`%${escapeLike(pattern)}%`)
  const text = bind(pattern)
  return ignore_case
    ? {
        kind: 'ilike',
        pieces: `content ilike ${like}`,
        whole: '',
        lines: linesWith('lower(whole.content)', `lower(${text}::text)`),
      }
    : {
        kind: 'like',
        pieces: `content like ${like}`,
        whole: '',
        lines: linesWith('whole.content', text),
      }
}

// of nothing there is one line, and not none
const cutIntoLines = `, case pieces.content when '' then array[''] else string_to_array(pieces.content, E'\\n') end as lines`

/** Of letters, so that there are trigrams of it. */
const isIndexed = /[a-z\d]{3}/i

const anyCase = '(?i)'

function byRegex({ pattern: given, ignore_case: isAsked }: CodeSearch, bind: Bind): Shape {
  const hasOption = given.startsWith(anyCase)
  const pattern = hasOption ? given.slice(anyCase.length) : given
  const ignore_case = isAsked || hasOption
  // ^ and $ are those of lines, . is none of their ends
  const regex = bind(`(?n)${lineRegex(pattern, '\\r?')}`)
  const literals = ignore_case ? [] : literalsOf(lineRegex(pattern, ''))
  const longest = literals.toSorted((one, other) => other.length - one.length).at(0) ?? ''
  if (!literals.some((literal) => isIndexed.test(literal)) || longest.includes('\n')) {
    const operator = ignore_case ? '~*' : '~'
    return {
      kind: ignore_case ? 'iregex' : 'regex',
      pieces: `content ${operator} ${regex}`,
      whole: cutIntoLines,
      lines: `select number, text
        from unnest(whole.lines) with ordinality line (text, number)
        where text ${operator} ${regex}`,
    }
  }
  const like = bind(`%${literals.map(escapeLike).join('%')}%`)
  return {
    kind: 'text_regex',
    // one that is none is told even where nothing holds its texts
    pieces: `content like ${like} and ('' ~ ${regex}) is not null`,
    whole: '',
    lines: `
  select number, text from (${linesWith('whole.content', bind(longest))} offset 0) found
  where text ~ ${regex}`,
  }
}

/**
 * The lines with a text in them, without a look at the others: a piece is cut at that text, and the ends of lines before
 * each cut are counted. Cutting a piece into all of its lines takes three times as long.
 */
function numbersWith(content: string, text: string): string {
  return `
    select number from (
      select distinct 1 + sum(ends) over (order by part rows between unbounded preceding and 1 preceding)::int as number
      from (
        select part, octet_length(text) - octet_length(replace(text, E'\\n', '')) as ends
        from string_to_table(${content}, ${text}) with ordinality cut (text, part)) parts) numbers
    where number is not null order by number`
}

function linesWith(content: string, text: string): string {
  return `
  select number, split_part(whole.content, E'\\n', number) as text
  from (${numbersWith(content, text)}) numbers`
}
