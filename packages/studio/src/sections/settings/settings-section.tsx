/** Section Settings. */
import { Page } from '#studio/ui'
import type { ReactElement } from 'react'

export function SettingsSection(): ReactElement {
  return <Page title="Settings">…</Page>
}
