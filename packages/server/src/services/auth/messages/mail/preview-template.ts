/** A template filled with examples, for whoever writes it: what is wrong with it is told, not hidden by the default. */
import { defaultTemplates } from './default-templates.ts'
import type { Template, TemplateName } from './default-templates.ts'
import { escapeHtml, renderTemplate } from './render-template.ts'

/** What mails say of themselves where the project has no text of its own. */
export const mailTemplates: Readonly<Record<TemplateName, Template>> = defaultTemplates

const examples = {
  SiteURL: 'https://example.com',
  ConfirmationURL: 'https://example.com/auth/v1/verify?token=pkce_1a2b3c4d&type=signup',
  Email: 'ann@example.com',
  NewEmail: 'ann.new@example.com',
  SendingTo: 'ann@example.com',
  Token: '123456',
  TokenHash: '1a2b3c4d5e6f',
  RedirectTo: 'https://example.com/welcome',
  Data: { name: 'Ann Example', full_name: 'Ann Example' },
  OldEmail: 'ann.old@example.com',
  Phone: '+15550100',
  OldPhone: '+15550199',
  Provider: 'google',
  FactorType: 'totp',
}

/** Names that a template can use, as `.Email`. */
export const templateVariables: readonly string[] = Object.keys(examples)

export interface TemplatePreview {
  readonly subject: string
  readonly html: string
  /** Names that no mail knows: they stay empty. */
  readonly unknown: readonly string[]
}

/** @throws Error that says what of the template is not understood */
export function previewTemplate({ subject, content }: Template): TemplatePreview {
  const unknown = new Set<string>()
  const variables = new Proxy(examples, {
    getOwnPropertyDescriptor: (target, name) => {
      const found = Reflect.getOwnPropertyDescriptor(target, name)
      if (found === undefined) unknown.add(String(name))
      return found
    },
  })
  const rendered = {
    subject: renderTemplate(subject, variables, (text) => text).replaceAll(/\s+/g, ' '),
    html: renderTemplate(content, variables, escapeHtml),
  }
  return { ...rendered, unknown: [...unknown] }
}
