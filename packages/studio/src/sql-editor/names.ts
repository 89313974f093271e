/** The catalog as completion wants it. */
import type { SQLNamespace } from '@codemirror/lang-sql'
import { useMemo } from 'react'
import { useNames } from '#studio/catalog'

export function useCompletion(ref: string): SQLNamespace | undefined {
  const { data } = useNames(ref)
  return useMemo(() => {
    if (data === undefined) return undefined
    return Object.fromEntries(
      data.map(({ schema, relations, functions }) => [
        schema,
        Object.fromEntries([
          ...relations.map(({ name, columns }) => [
            name,
            columns.map((column) => ({
              label: column.name,
              type: 'property',
              detail: column.type,
            })),
          ]),
          ...functions.map(({ name, arguments: detail }) => [
            name,
            { self: { label: name, type: 'function', detail: `(${detail})` }, children: [] },
          ]),
        ]),
      ]),
    ) as SQLNamespace
  }, [data])
}
