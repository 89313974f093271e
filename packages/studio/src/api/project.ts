/** The API of one project: the same questions for everyone who asks, and how they are kept. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { UseMutationResult, UseQueryResult } from '@tanstack/react-query'
import { call } from './call.ts'
import type { ProjectAnswers, ProjectPaths } from './admin-routes.ts'
import type { Query } from './call.ts'

export const projectPath = (ref: string, path: GetPath | ChangePath): string =>
  `/admin/v1/projects/${encodeURIComponent(ref)}${path === '' ? '' : `/${path}`}`

export interface AskOptions {
  readonly query?: Query
  /** Asked again each so many ms. */
  readonly everyMs?: number
  readonly enabled?: boolean
  /** What is kept while the next answer is on its way. Default true. */
  readonly keepsOld?: boolean
}

/** What a route answers: `Answer<'GET catalog'>`. */
export type Answer<Route extends keyof ProjectAnswers> = ProjectAnswers[Route]

/** What the server has below a project, by method; another path does not compile. */
export type GetPath = ProjectPaths['GET']
export type ChangePath = ProjectPaths['POST' | 'PUT' | 'PATCH' | 'DELETE']

/** Asks `GET /admin/v1/projects/{ref}/{path}`. The key begins with the path: `useForget` takes its first word. */
export function useProject<T>(
  ref: string,
  path: GetPath,
  { query, everyMs, enabled = true, keepsOld = true }: AskOptions = {},
): UseQueryResult<T> {
  return useQuery<T>({
    queryKey: ['project', ref, path, query ?? {}],
    queryFn: ({ signal }) => call<T>('GET', projectPath(ref, path), { query, signal }),
    enabled,
    ...(everyMs === undefined ? {} : { refetchInterval: everyMs }),
    ...(keepsOld ? { placeholderData: keepPreviousData } : {}),
  })
}

/** Makes answers whose path begins with one of these be asked again. */
export function useForget(ref: string): (...paths: string[]) => Promise<void> {
  const client = useQueryClient()
  return (...paths) =>
    client.invalidateQueries({
      predicate: ({ queryKey: [kind, of, path] }) =>
        kind === 'project' &&
        of === ref &&
        paths.some((start) => String(path) === start || String(path).startsWith(`${start}/`)),
    })
}

export interface Change {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: ChangePath
  readonly body?: unknown
  readonly query?: Query
}

/** Changes something of a project, and has what depends on it asked again. */
export function useChange<T = unknown>(
  ref: string,
  forgets: readonly string[],
): UseMutationResult<T, Error, Change> {
  const forget = useForget(ref)
  return useMutation({
    mutationFn: ({ method, path, body, query }: Change) =>
      call<T>(method, projectPath(ref, path), { body, query }),
    onSuccess: () => forget(...forgets),
  })
}
