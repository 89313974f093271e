/** Section Database: what there is beside tables, and what runs in it. Whatever changes is SQL that is read first. */
import './database.css'
import type { ComponentType, ReactElement } from 'react'
import { Link, usePlace } from '#studio/place'
import { EmptyState, Split } from '#studio/ui'
import { Cron } from './cron.tsx'
import { Extensions } from './extensions.tsx'
import { Migrations } from './migrations.tsx'
import { Enums, Indexes, Roles } from './objects.tsx'
import { Functions, Triggers } from './routines.tsx'
import { Queues } from './queues.tsx'
import { Publications, Slots } from './replication.tsx'
import { Vault } from './vault.tsx'
import { Webhooks } from './webhooks.tsx'

interface Part {
  readonly name: string
  readonly label: string
  readonly View: ComponentType<{ readonly projectRef: string }>
}

const groups: readonly { readonly label: string; readonly parts: readonly Part[] }[] = [
  {
    label: 'Schema',
    parts: [
      { name: 'migrations', label: 'Migrations', View: Migrations },
      { name: 'extensions', label: 'Extensions', View: Extensions },
      { name: 'functions', label: 'Functions', View: Functions },
      { name: 'triggers', label: 'Triggers', View: Triggers },
      { name: 'enums', label: 'Enums', View: Enums },
      { name: 'indexes', label: 'Indexes', View: Indexes },
      { name: 'roles', label: 'Roles', View: Roles },
    ],
  },
  {
    label: 'Replication',
    parts: [
      { name: 'publications', label: 'Publications', View: Publications },
      { name: 'slots', label: 'Slots', View: Slots },
    ],
  },
  {
    label: 'Jobs and messages',
    parts: [
      { name: 'cron', label: 'Cron jobs', View: Cron },
      { name: 'queues', label: 'Queues', View: Queues },
      { name: 'webhooks', label: 'Webhooks', View: Webhooks },
      { name: 'vault', label: 'Vault', View: Vault },
    ],
  },
]

export function DatabaseSection(): ReactElement {
  const { ref, path, href, go } = usePlace()
  const name = path[0] ?? 'migrations'
  const part = groups.flatMap(({ parts }) => parts).find((known) => known.name === name)
  return (
    <Split
      sideLabel="Database"
      isOpen={path[0] !== undefined}
      onBack={() => go({ path: [], search: {} })}
      side={
        <div className="side-list">
          {groups.map(({ label, parts }) => (
            <div key={label}>
              <div className="side-title">{label}</div>
              {parts.map((known) => (
                <Link
                  key={known.name}
                  className="side-item"
                  href={href({ path: [known.name], search: {} })}
                  aria-current={known.name === name ? 'page' : undefined}
                >
                  {known.label}
                </Link>
              ))}
            </div>
          ))}
        </div>
      }
    >
      {part === undefined ? (
        <EmptyState title="There is no such part of the database">
          The list on the left has all of them.
        </EmptyState>
      ) : (
        <part.View key={name} projectRef={ref} />
      )}
    </Split>
  )
}
