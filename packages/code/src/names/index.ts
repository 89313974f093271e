/** names: the names of symbols in memory, as far as they fit, and which of them fit a pattern. */
export { Budget, inSlices } from './budget.ts'
export { NameCache } from './name-cache.ts'
export type {
  NameCacheOptions,
  NameMemo,
  NameScope,
  OpenNames,
  SimilarNames,
} from './name-cache.ts'
export { globPattern, prefixPattern, substringPattern } from './name-pattern.ts'
export type { NamePattern } from './name-pattern.ts'
export { versionsSql } from './read-names.ts'
export { similarNames } from './similar-names.ts'
export type { SimilarName } from './similar-names.ts'
export { walkNames } from './walk-names.ts'
export type { FoundName, NamePart, NameSource, WalkStart } from './walk-names.ts'
