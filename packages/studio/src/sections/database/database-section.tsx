/** Section Database. */
import { Page } from '#studio/ui'
import type { ReactElement } from 'react'

export function DatabaseSection(): ReactElement {
  return <Page title="Database">…</Page>
}
