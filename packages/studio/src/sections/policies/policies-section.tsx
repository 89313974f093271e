/** Section Policies: what they let whom do, one table's with their SQL, a try, and what a schema could do better. */
import './policies.css'
import type { ReactElement } from 'react'
import { usePlace } from '#studio/place'
import { Page, Tabs } from '#studio/ui'
import { Advisors } from './advisors.tsx'
import { Matrix } from './matrix.tsx'
import { TablePolicies } from './table-policies.tsx'
import { TryIt } from './try-it.tsx'

export function PoliciesSection(): ReactElement {
  const { ref, path, search, go } = usePlace()
  const tab = path[0] === 'try' || path[0] === 'advisors' ? path[0] : 'matrix'
  const table = search['table']
  return (
    <Page
      title="Policies"
      about="Row level security: which rows anon, authenticated and the others can reach."
      wide
    >
      <Tabs
        label="Parts of policies"
        value={tab}
        tabs={[
          { id: 'matrix', label: 'Tables' },
          { id: 'try', label: 'Try it' },
          { id: 'advisors', label: 'Advisors' },
        ]}
        onChange={(id) => go({ path: id === 'matrix' ? [] : [id], search: {} })}
      />
      {tab === 'try' ? (
        <TryIt projectRef={ref} />
      ) : tab === 'advisors' ? (
        <Advisors projectRef={ref} />
      ) : table === undefined ? (
        <Matrix projectRef={ref} />
      ) : (
        <TablePolicies key={table} projectRef={ref} table={table} />
      )}
    </Page>
  )
}
