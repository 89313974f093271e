/** Section Policies. */
import { Page } from '#studio/ui'
import type { ReactElement } from 'react'

export function PoliciesSection(): ReactElement {
  return <Page title="Policies">…</Page>
}
