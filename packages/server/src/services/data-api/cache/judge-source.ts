/** What a definition in SQL says about sharing what it computes. Pure; in doubt it is not shared. */

export interface Judgement {
  /** Why what it computes must not be kept; null when it may. */
  readonly refusal: string | null
  /** It looks at who asks, beyond the role. */
  readonly readsClaims: boolean
}

const time =
  /\b(?:now|today|tomorrow|yesterday|current_date|current_time|current_timestamp|localtime|localtimestamp|transaction_timestamp|statement_timestamp|clock_timestamp|timeofday)\b|\bage\s*\(/i
const session =
  /\b(?:inet_\w+|session_user|system_user|information_schema|query_to_xml|table_to_xml|schema_to_xml|cursor_to_xml|current_query|txid_\w+|pg_(?!catalog\b|temp\b|typeof\b|has_role\b|get_\w+|size_\w+|input_\w+)\w+)\b/i
const setting = /\bcurrent_setting\b/gi
const namedSetting = /\bcurrent_setting"?\s*\(\s*'([^'\\]*)'(?:::text)?\s*[,)]/gi
/** Made of claims. */
const claims =
  /^(?:request\.jwt\.claims|request\.jwt\.claim(?:\.\w+)?|app\.(?:user_id|role|tenant_id))$/
/** The same for every request. */
const constant = /^(?:app\.settings\.\w+|server_version(?:_num)?|role)$/
/** In a literal of a request: Postgres reads it as a time. */
const timeWord = /\b(?:now|today|tomorrow|yesterday|epoch)\b/i

/** Whether a query names a time that moves: `created_at=gte.today`. What cannot be decoded is not shared. */
export function namesMovingTime(query: string): boolean {
  try {
    return timeWord.test(decodeURIComponent(query.replaceAll('+', ' ')))
  } catch {
    return true
  }
}

/** An identifier in another notation than it has in the catalog. */
const escaped = /\bu&"/i

/** `isDynamic`: of a language that can run SQL that is not written there. */
export function judgeSource(source: string, isDynamic: boolean): Judgement {
  const refuse = (refusal: string): Judgement => ({ refusal, readsClaims: true })
  if (escaped.test(source)) return refuse('it has escaped identifiers')
  if (isDynamic && /\bexecute\b/i.test(source)) return refuse('it runs dynamic SQL')
  if (time.test(source)) return refuse('it depends on the time')
  if (session.test(source)) return refuse('it depends on the session')
  const names = [...source.matchAll(namedSetting)].map(([, name = '']) => name.toLowerCase())
  if (names.length < [...source.matchAll(setting)].length)
    return refuse('it reads settings by names that are not written there')
  const other = names.find((name) => !claims.test(name) && !constant.test(name))
  if (other !== undefined) return refuse(`it reads ${other}`)
  return { refusal: null, readsClaims: names.some((name) => claims.test(name)) }
}

/** No name is longer than 63 bytes. */
const quotedName = /"((?:[^"]|""){1,128})"/y
const word = /[\p{L}_][\p{L}\p{N}_$]*/gu

/**
 * Every name that may stand in it, rather more than less: each word as it is and as Postgres folds it, and whatever stands
 * between two quotes, whichever of them belong together.
 */
export function namesIn(source: string): Set<string> {
  const names = new Set<string>()
  for (const [found] of source.matchAll(word))
    // a word, or one before or behind a dollar quote
    for (const name of [found, ...found.split('$')]) {
      names.add(name)
      names.add(name.toLowerCase())
    }
  for (const quoted of source.split('"').slice(1, -1)) names.add(quoted)
  if (source.includes('""'))
    for (let at = source.indexOf('"'); at !== -1; at = source.indexOf('"', at + 1)) {
      quotedName.lastIndex = at
      const [, quoted = ''] = quotedName.exec(source) ?? []
      names.add(quoted.replaceAll('""', '"'))
    }
  names.delete('')
  return names
}
