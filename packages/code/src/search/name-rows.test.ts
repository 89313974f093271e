/** Which searches go alone. */
import { expect, test } from 'vitest'
import { isLong } from './name-rows.ts'
import type { SymbolSearch } from './symbol-search.ts'

const search = (more: Partial<SymbolSearch>): SymbolSearch => ({
  pattern: 'name',
  match: 'substring',
  limit: 20,
  ...more,
})

/** So many names, each in so many repositories. */
const rows = (names: number, repositories: number) => ({
  names: Array.from({ length: names * repositories }, (_, index) => ({
    name: `name${Math.floor(index / repositories)}`,
    repository: `repository${index % repositories}`,
    isWide: false,
  })),
  isChecked: false,
})

test('a usual page, and any page of one repository, is read with others', () => {
  expect(isLong(search({}), rows(21, 10))).toBe(false)
  expect(isLong(search({ limit: 200 }), rows(201, 1))).toBe(false)
  expect(isLong(search({ match: 'fuzzy' }), rows(21, 1))).toBe(false)
})

test('what may be many rows goes alone, with an end', () => {
  expect(isLong(search({ limit: 200 }), rows(201, 20))).toBe(true)
  expect(isLong(search({}), rows(21, 100))).toBe(true)
  expect(isLong(search({ match: 'fuzzy', limit: 200 }), rows(201, 1))).toBe(true)
  expect(isLong(search({ kind: 'class' }), rows(1, 1))).toBe(true)
})
