/** What mails say where supabase/templates says nothing. */

export interface Template {
  readonly subject: string
  /** HTML. */
  readonly content: string
}

const link = (text: string): string => `<p><a href="{{ .ConfirmationURL }}">${text}</a></p>`
const code = '<p>Or type in this code: <strong>{{ .Token }}</strong></p>'
const stranger = '<p>If this was not you, there is nothing you need to do.</p>'

export const defaultTemplates = {
  confirmation: {
    subject: 'Confirm your email address',
    content: `<h2>Welcome</h2><p>Please confirm that this address is yours.</p>${link('Confirm this address')}${code}${stranger}`,
  },
  invite: {
    subject: 'You are invited',
    content: `<h2>You are invited</h2><p>An account at {{ .SiteURL }} is waiting for you.</p>${link('Accept the invitation')}${code}`,
  },
  recovery: {
    subject: 'Choose a new password',
    content: `<h2>Forgot your password?</h2><p>This link lets you choose a new one.</p>${link('Choose a new password')}${code}${stranger}`,
  },
  magic_link: {
    subject: 'Your sign-in link',
    content: `<h2>Sign in</h2><p>This link signs you in, once.</p>${link('Sign in')}${code}${stranger}`,
  },
  email_change: {
    subject: 'Confirm your new email address',
    content: `<h2>A new address</h2><p>Please confirm that your address changes from {{ .Email }} to {{ .NewEmail }}.</p>${link('Confirm the change')}${code}`,
  },
  reauthentication: {
    subject: 'Confirm that it is you',
    content: `<h2>Is it you?</h2><p>Type in this code to go on: <strong>{{ .Token }}</strong></p>`,
  },
} as const satisfies Readonly<Record<string, Template>>

export type TemplateName = keyof typeof defaultTemplates
