/** What the doctor finds. */
import type { ReactElement } from 'react'
import { Badge, DataTable, ErrorNotice, Loading } from '#studio/ui'
import { useChecks } from './health.ts'
import type { Check } from './health.ts'

const kinds = { ok: 'ok', warning: 'warn', error: 'danger' } as const
const words = { ok: 'Fine', warning: 'Look at it', error: 'Wrong' } as const
const gravity = { error: 0, warning: 1, ok: 2 } as const

export function Checks({ projectRef }: { readonly projectRef: string }): ReactElement {
  const checks = useChecks(projectRef)
  if (checks.data === undefined)
    return checks.error === null ? (
      <Loading />
    ) : (
      <ErrorNotice error={checks.error} onRetry={() => void checks.refetch()} />
    )
  return (
    <DataTable<Check>
      label="Checks"
      rows={checks.data.toSorted((a, b) => gravity[a.level] - gravity[b.level])}
      rowKey={({ name }) => name}
      columns={[
        {
          name: 'State',
          width: 110,
          cell: ({ level }) => <Badge kind={kinds[level]}>{words[level]}</Badge>,
          sort: ({ level }) => gravity[level],
        },
        {
          name: 'Check',
          width: 150,
          cell: ({ name }) => name.replaceAll('_', ' '),
          sort: ({ name }) => name,
        },
        { name: 'What was found', cell: ({ message }) => message },
        { name: 'What mends it', cell: ({ remedy }) => remedy ?? '' },
      ]}
    />
  )
}
