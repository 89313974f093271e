/** What users and administrators did with accounts, as Auth wrote it down. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { callRaw, projectPath } from '#studio/api'
import { usePlace } from '#studio/place'
import {
  DataTable,
  EmptyState,
  ErrorNotice,
  Loading,
  Page,
  SearchField,
  clockTime,
} from '#studio/ui'
import { Pages } from './user-list.tsx'

interface Entry {
  readonly id: string
  readonly payload: Readonly<Record<string, unknown>>
  readonly created_at: string
  readonly ip_address: string
}

const size = 50

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

export function AuditLog(): ReactElement {
  const { ref, search, setSearch } = usePlace()
  const who = search['who'] ?? ''
  const page = Math.max(1, Number(search['page'] ?? 1) || 1)
  const query = { page, per_page: size, ...(who === '' ? {} : { query: `author:${who}` }) }
  const audit = useQuery({
    queryKey: ['project', ref, 'auth/audit', query],
    queryFn: async ({ signal }) => {
      const response = await callRaw('GET', projectPath(ref, 'auth/audit'), { query, signal })
      const entries = (await response.json()) as readonly Entry[]
      return { entries, total: Number(response.headers.get('x-total-count') ?? entries.length) }
    },
    placeholderData: keepPreviousData,
  })
  return (
    <Page title="Audit log" about="Sign-ups, sign-ins and changes of accounts, the newest first.">
      <SearchField
        label="Search by who did it"
        value={who}
        onChange={({ target: { value } }) =>
          setSearch({ who: value === '' ? null : value, page: null }, { replace: true })
        }
      />
      {audit.error !== null && (
        <ErrorNotice error={audit.error} onRetry={() => void audit.refetch()} />
      )}
      {audit.data === undefined && audit.error === null && <Loading />}
      {audit.data?.entries.length === 0 && (
        <EmptyState title="Nothing is written down">
          {who === '' ? 'It fills with the first sign-up.' : `Nobody called “${who}” did anything.`}
        </EmptyState>
      )}
      {audit.data !== undefined && audit.data.entries.length > 0 && (
        <>
          <DataTable
            label="Audit log"
            rows={audit.data.entries}
            rowKey={({ id }) => id}
            columns={[
              { name: 'When', width: 160, cell: ({ created_at: at }) => clockTime(at) },
              { name: 'What', cell: ({ payload }) => <code>{text(payload['action'])}</code> },
              { name: 'Who', cell: ({ payload }) => text(payload['actor_username']) },
              { name: 'From', cell: ({ ip_address: ip }) => ip },
              { name: 'More', cell: ({ payload }) => <More payload={payload} /> },
            ]}
          />
          <Pages
            page={page}
            total={audit.data.total}
            size={size}
            onPage={(next) => setSearch({ page: next === 1 ? null : String(next) })}
          />
        </>
      )}
    </Page>
  )
}

function More({ payload }: { readonly payload: Entry['payload'] }): ReactElement | null {
  const { traits } = payload
  if (typeof traits !== 'object' || traits === null) return null
  return <code className="muted user-name">{JSON.stringify(traits).slice(0, 300)}</code>
}
