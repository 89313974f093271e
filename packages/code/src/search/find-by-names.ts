/**
 * Symbols by the names in memory: these say which names may fit, one statement reads their rows. Null where Postgres has to be
 * asked without them: when they are not there (yet), or would take too long.
 */
import type { Context } from '#caller'
import {
  Budget,
  globPattern,
  inSlices,
  prefixPattern,
  similarNames,
  substringPattern,
  walkNames,
} from '#names'
import type {
  FoundName,
  NamePart,
  NamePattern,
  OpenNames,
  SimilarName,
  SimilarNames,
  WalkStart,
} from '#names'
import { askAlone, askTogether } from './asking.ts'
import { searchBounded } from './bounded.ts'
import { decodeCursor } from './cursor.ts'
import { isFiltered, isLong, nameRows } from './name-rows.ts'
import type { NamedRow, NameRows } from './name-rows.ts'
import type { Similar } from './similar-page.ts'
import { symbolsOfText } from './symbol-search.ts'
import type { FoundSymbol, SymbolSearch } from './symbol-search.ts'
import { takeNames } from './take-names.ts'

/** Some 50 ms: a million names that are read. What needs more is left to Postgres. */
const maxUnits = 4_000_000
/** Names whose rows one statement reads. */
const maxNames = 1_000
/** Statements of one search. */
const maxRounds = 6
/** Of names the filters take some: so many names for each row. */
const namesARow = 4

/** What was found; 'outdated': the database has other versions, so that names may be missing; null: to be asked without names. */
type Found = FoundSymbol[] | 'outdated' | null

interface Finding {
  readonly opened: OpenNames
  readonly search: SymbolSearch
  readonly read: (rows: NameRows) => Promise<Found>
}

/** `after`: of a fuzzy search. @throws invalid_request, unavailable */
export async function findByNames(
  context: Context,
  search: SymbolSearch,
  after: Similar | null,
): Promise<FoundSymbol[] | null> {
  const { names, caller } = context
  if (names === null || search.match === 'exact') return null
  const { repository_id: repositoryId } = search
  const scope = { userId: caller.userId, ...(repositoryId === undefined ? {} : { repositoryId }) }
  const opened = await names.open(scope)
  if (opened === null) return null
  const read: Finding['read'] = async (rows) => {
    const found = await readRows(context, opened, search, rows)
    return found?.current === true ? symbolsOfText(found) : 'outdated'
  }
  const finding = { opened, search, read }
  const found = await (search.match === 'fuzzy'
    ? findSimilar(finding, after)
    : findFitting(finding))
  if (found !== 'outdated') return found
  names.forget(scope)
  // brought up to date for those who ask next
  await names.open(scope)
  return null
}

/** Alone, and with an end, where much may be read, of which filters leave out most: others do not wait for that. */
async function readRows(
  context: Context,
  opened: OpenNames,
  search: SymbolSearch,
  rows: NameRows,
): Promise<NamedRow | undefined> {
  const isAlone = isLong(search, rows)
  const asking = isAlone ? askAlone() : askTogether()
  const { values, types } = asking
  const { name, text } = nameRows(context.caller.userId, opened, search, rows, asking.bind)
  const [found] = isAlone
    ? await searchBounded<NamedRow>(context, name, { text, values })
    : await context.db.queryTogether<NamedRow>({ name, text, types, values })
  return found
}

async function findFitting({ opened, search, read }: Finding): Promise<Found> {
  const cursor = decodeCursor(search.cursor, /^\d{1,18}$/)
  const pattern = patternOf(search)
  const budget = new Budget(maxUnits)
  const rows: FoundSymbol[] = []
  let start: WalkStart | null =
    cursor === null ? null : { name: String(cursor[0]), isBehind: false }
  let size = Math.min((search.limit + 1) * (isFiltered(search) ? namesARow : 1), maxNames)
  for (let round = 0; round < maxRounds; round++) {
    const part = await takeFitting(opened, search, { pattern, start, size, budget })
    if (part === null) return null
    const { names, isLast } = part
    const found = await read({ names, cursor, isChecked: !isCertain(pattern, opened, names) })
    if (found === 'outdated' || found === null) return found
    rows.push(...found)
    if (rows.length > search.limit || isLast) return rows
    start = { name: names.at(-1)?.name ?? '', isBehind: true }
    size = Math.min(size * 2, maxNames)
  }
  return null
}

interface Taking {
  readonly pattern: NamePattern
  readonly start: WalkStart | null
  readonly size: number
  readonly budget: Budget
}

/** Null: it takes too long. */
function takeFitting(
  { sources, memo }: OpenNames,
  { match, pattern: text }: SymbolSearch,
  { pattern, start, size, budget }: Taking,
): Promise<NamePart | null> {
  return memo.fitting(JSON.stringify([match, text, start, size]), async () => {
    const part = await takeNames(walkNames(sources, pattern, start, budget), size)
    return budget.isSpent ? null : part
  })
}

function isCertain(
  { certain }: NamePattern,
  { dialect }: OpenNames,
  names: readonly FoundName[],
): boolean {
  if (certain !== 'ascii') return certain === 'all'
  return dialect.isPlain && !names.some(({ isWide }) => isWide)
}

function patternOf({ match, pattern }: SymbolSearch): NamePattern {
  if (match === 'prefix') return prefixPattern(pattern)
  return match === 'glob' ? globPattern(pattern) : substringPattern(pattern)
}

async function findSimilar(
  { opened, search, read }: Finding,
  after: Similar | null,
): Promise<Found> {
  const { dialect, sources } = opened
  if (!dialect.isPlain || dialect.trigramSchema === null) return null
  // the last name may be one of other repositories, too: there is room for all of one name
  const copies = sources.reduce((sum, source) => sum + source.copies, 0)
  const needed = (after?.place ?? 0) + search.limit + 1
  const want = needed * (isFiltered(search) ? namesARow : 1) + (copies > 1 ? copies : 0)
  if (want > maxNames) return null
  const similar = await readSimilar(opened, search.pattern, want)
  if (similar === null) return null
  const isAll = similar.filter(isKnown).length < want
  const last = isAll || copies < 2 ? null : similar.findLast(isKnown)?.name
  const names = distinct(similar.filter(({ name }) => name !== last))
  const found = await read({ names, after, isChecked: !names.every(isKnown) })
  if (found === 'outdated' || found === null || isAll || found.length > search.limit) return found
  return null
}

async function readSimilar(
  { sources, dialect, memo }: OpenNames,
  pattern: string,
  want: number,
): Promise<SimilarNames> {
  const { threshold } = dialect
  return memo.similar(`${want} ${pattern}`, () =>
    inSlices(similarNames(sources, pattern, { threshold, want, budget: new Budget(maxUnits) })),
  )
}

function isKnown({ similarity }: SimilarName): boolean {
  return similarity !== null
}

/** A name may be in two segments of a repository. */
function distinct(names: readonly SimilarName[]): SimilarName[] {
  const byName = new Map(names.map((one) => [`${one.repository} ${one.name}`, one]))
  return [...byName.values()]
}
