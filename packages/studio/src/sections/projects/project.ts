/** Projects of a fleet, as the server describes them. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { UseMutationResult, UseQueryResult } from '@tanstack/react-query'
import { call, projectPath } from '#studio/api'
import type { ChangePath } from '#studio/api'

export interface ProjectRow {
  readonly ref: string
  readonly name: string
  readonly status: 'active' | 'paused' | 'deleted'
  readonly api_url: string | null
  readonly created_at: string
  readonly deleted_at: string | null
}

export interface ShownProject extends ProjectRow {
  readonly db_url: string
}

export interface Requirement {
  readonly level: 'missing' | 'warning'
  readonly message: string
  readonly remedy: string
}

export const useProjects = (): UseQueryResult<readonly ProjectRow[]> =>
  useQuery({
    queryKey: ['projects'],
    queryFn: () => call<readonly ProjectRow[]>('GET', '/admin/v1/projects'),
    refetchInterval: 10_000,
  })

interface Step {
  readonly method: 'POST' | 'PATCH' | 'DELETE' | 'PUT'
  /** After the project; empty is itself. */
  readonly path: ChangePath
  readonly body?: unknown
}

/** Changes a project, and has the list and all about it asked again. */
export function useStep<T = unknown>(ref: string): UseMutationResult<T, Error, Step> {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ method, path, body }: Step) =>
      call<T>(method, projectPath(ref, path), body === undefined ? {} : { body }),
    onSuccess: async (_, { path }) => {
      await client.invalidateQueries({ queryKey: ['projects'] })
      // of what is gone nothing is asked any more
      if (path !== 'purge') await client.invalidateQueries({ queryKey: ['project', ref] })
    },
  })
}

export const statusKinds = { active: 'ok', paused: 'warn', deleted: 'danger' } as const
