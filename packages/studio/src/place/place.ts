/** Where one is: every view has an address, `/p/{ref}/{section}/{path…}?{search}`. */
import { useLocation, useRouter } from '@tanstack/react-router'
import { useMemo } from 'react'

export interface Place {
  readonly ref: string
  readonly section: string
  /** What follows the section, decoded. */
  readonly path: readonly string[]
  readonly search: Readonly<Record<string, string>>
}

export interface Goto {
  readonly ref?: string
  readonly section?: string
  readonly path?: readonly string[]
  /** Replaces the whole search. */
  readonly search?: Readonly<Record<string, string | null | undefined>>
}

export function hrefOf({
  ref,
  section,
  path = [],
  search = {},
}: Goto & { ref: string; section: string }): string {
  // what belongs to no project: `/projects/…`
  const start = ref === '' ? [section] : ['p', ref, section]
  const segments = [...start, ...path].map(encodeURIComponent).join('/')
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(search))
    if (value !== null && value !== undefined && value !== '') params.set(name, value)
  const text = params.toString()
  return `/${segments}${text === '' ? '' : `?${text}`}`
}

export function parsePlace(pathname: string, searchText: string): Place {
  const [, first = '', ...rest] = pathname.split('/')
  const isProject = first === 'p'
  const [ref = '', section = '', ...inside] = rest
  const path = isProject ? inside : rest
  return {
    ref: isProject ? decode(ref) : '',
    section: isProject ? decode(section) : decode(first),
    path: path.filter((part) => part !== '').map(decode),
    search: Object.fromEntries(new URLSearchParams(searchText)),
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

export interface UsedPlace extends Place {
  /** The address of another view; what is not said stays. */
  readonly href: (to: Goto) => string
  /** Goes there; a step that Back undoes, unless `replace`. */
  readonly go: (to: Goto, options?: { readonly replace?: boolean }) => void
  /** Changes parts of the search, null removes one. */
  readonly setSearch: (
    changes: Readonly<Record<string, string | null>>,
    options?: { readonly replace?: boolean },
  ) => void
}

export function usePlace(): UsedPlace {
  const router = useRouter()
  const { pathname, searchStr } = useLocation()
  return useMemo(() => {
    const place = parsePlace(pathname, searchStr)
    const href = (to: Goto): string =>
      hrefOf({
        ref: to.ref ?? place.ref,
        section: to.section ?? place.section,
        path: to.path ?? (to.section === undefined ? place.path : []),
        search:
          to.search ?? (to.section === undefined && to.path === undefined ? place.search : {}),
      })
    const visit = (address: string, replace = false): void => {
      if (replace) router.history.replace(address)
      else router.history.push(address)
    }
    return {
      ...place,
      href,
      go: (to, options) => visit(href(to), options?.replace),
      setSearch: (changes, options) => {
        // of the address as it is now: two changes in one turn both count
        const now = parsePlace(router.history.location.pathname, router.history.location.search)
        visit(hrefOf({ ...now, search: { ...now.search, ...changes } }), options?.replace)
      },
    }
  }, [router, pathname, searchStr])
}
