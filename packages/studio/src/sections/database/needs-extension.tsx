/** What is said where an extension is missing. */
import type { ReactElement } from 'react'
import { Button, EmptyState } from '#studio/ui'
import { useStatement } from './listing.tsx'

export function NeedsExtension({
  projectRef,
  name,
  title,
  children,
}: {
  readonly projectRef: string
  readonly name: string
  readonly title: string
  readonly children: string
}): ReactElement {
  const { ask, dialog, refused } = useStatement(projectRef)
  return (
    <>
      <EmptyState
        title={title}
        command={`basalt migration new enable_${name}`}
        action={
          <Button
            kind="primary"
            refusal={refused}
            onClick={() =>
              ask({
                title: `Enable ${name}`,
                sql: `create extension if not exists ${name};`,
                name: `enable_${name}`,
              })
            }
          >
            Enable {name}
          </Button>
        }
      >
        {children}
      </EmptyState>
      {dialog}
    </>
  )
}
