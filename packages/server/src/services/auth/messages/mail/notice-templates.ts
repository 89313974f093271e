/** What notifications say where the project has no text of its own. */
import type { Notice } from '#services/auth/core'
import type { Template } from './default-templates.ts'

const alarm = '<p>If this was not you, tell us at once, and choose a new password.</p>'
const notice = (subject: string, text: string): Template => ({
  subject,
  content: `<h2>${subject}</h2><p>${text}</p>${alarm}`,
})

export const noticeTemplates: Readonly<Record<Notice, Template>> = {
  password_changed: notice(
    'Your password has changed',
    'The password of the account {{ .Email }} is another one now.',
  ),
  email_changed: notice(
    'Your email address has changed',
    'The address of your account was {{ .OldEmail }} and is {{ .Email }} now.',
  ),
  phone_changed: notice(
    'Your phone number has changed',
    'The number of the account {{ .Email }} was {{ .OldPhone }} and is {{ .Phone }} now.',
  ),
  identity_linked: notice(
    'There is a new way to sign in',
    'The account {{ .Email }} can be signed in to with {{ .Provider }} now.',
  ),
  identity_unlinked: notice(
    'There is one way less to sign in',
    'The account {{ .Email }} can no longer be signed in to with {{ .Provider }}.',
  ),
  mfa_factor_enrolled: notice(
    'You have a new second factor',
    'A second factor ({{ .FactorType }}) was added to the account {{ .Email }}.',
  ),
  mfa_factor_unenrolled: notice(
    'A second factor was removed',
    'A second factor ({{ .FactorType }}) of the account {{ .Email }} is no more.',
  ),
}
