/** Section Users. */
import { Page } from '#studio/ui'
import type { ReactElement } from 'react'

export function UsersSection(): ReactElement {
  return <Page title="Users">…</Page>
}
