/** Pages of a list as administrators ask for them: `?page=2&per_page=50`, answered with `x-total-count` and `link`. */
import type { AuthContext } from './auth-context.ts'
import { authErrors } from './errors.ts'

export interface Page {
  readonly number: number
  readonly size: number
  readonly offset: number
}

const defaultSize = 50

/** @throws PlatformError 400 */
export function readPage({ query }: AuthContext): Page {
  const number = readCount(query.get('page'), 1)
  const size = readCount(query.get('per_page'), defaultSize)
  return { number, size, offset: (number - 1) * size }
}

function readCount(text: string | null, initial: number): number {
  if (text === null || text === '') return initial
  const value = Number(text)
  if (/^\d{1,9}$/.test(text) && value > 0) return value
  throw authErrors.invalid({
    message: `Bad Pagination Parameters: ${JSON.stringify(text)} is not a positive number`,
  })
}

/** `pageHeaders(…, 3)` → `{ 'x-total-count': '3', link: '</admin/users?page=2&per_page=2>; rel="next", <…>; rel="last"' }` */
export function pageHeaders(
  { request, query }: AuthContext,
  page: Page,
  total: number,
): Record<string, string> {
  const last = Math.ceil(total / page.size)
  const link = (number: number, relation: string): string => {
    const parameters = new URLSearchParams(query)
    parameters.set('page', String(number))
    parameters.sort()
    return `<${request.path}?${parameters.toString()}>; rel="${relation}"`
  }
  const links = [...(page.number < last ? [link(page.number + 1, 'next')] : []), link(last, 'last')]
  return { 'x-total-count': String(total), link: links.join(', ') }
}
