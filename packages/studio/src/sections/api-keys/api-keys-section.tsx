/** Section API keys: those of the project, and those it gives to its own customers. */
import './api-keys.css'
import type { ReactElement } from 'react'
import { usePlace } from '#studio/place'
import { Page, Tabs } from '#studio/ui'
import { CustomerKeys } from './customer-keys.tsx'
import { ProjectKeysView } from './project-keys.tsx'

const tabs = [
  { id: 'project', label: 'Of the project' },
  { id: 'customers', label: 'Of its customers' },
]

export function ApiKeysSection(): ReactElement {
  const { ref, path, search, go } = usePlace()
  const [keyId] = path
  const isCustomers = keyId !== undefined || search['of'] === 'customers'
  return (
    <Page title="API keys">
      <Tabs
        label="API keys"
        tabs={tabs}
        value={isCustomers ? 'customers' : 'project'}
        onChange={(id) => go({ path: [], search: { of: id === 'customers' ? id : null } })}
      />
      {isCustomers ? (
        <CustomerKeys projectRef={ref} keyId={keyId} />
      ) : (
        <ProjectKeysView projectRef={ref} />
      )}
    </Page>
  )
}
