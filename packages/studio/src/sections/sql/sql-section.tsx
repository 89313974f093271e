/** Section Sql. */
import { Page } from '#studio/ui'
import type { ReactElement } from 'react'

export function SqlSection(): ReactElement {
  return <Page title="Sql">…</Page>
}
