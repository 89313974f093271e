/** Section Health. */
import { Page } from '#studio/ui'
import type { ReactElement } from 'react'

export function HealthSection(): ReactElement {
  return <Page title="Health">…</Page>
}
