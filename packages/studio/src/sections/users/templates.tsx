/** What the mails say: written here, seen beside it as they would arrive. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { ReactElement } from 'react'
import { call, projectPath, refusal, useChange, useProject, useSession } from '#studio/api'
import { useDraft, usePlace } from '#studio/place'
import {
  Badge,
  Button,
  ErrorNotice,
  Loading,
  Notice,
  Page,
  SelectField,
  TextArea,
  TextField,
  toast,
} from '#studio/ui'

interface Template {
  readonly name: string
  readonly subject: string
  readonly content: string
  readonly own: boolean
  readonly content_path: string | null
  readonly default_subject: string
  readonly default_content: string
}

interface Templates {
  readonly templates: readonly Template[]
  readonly variables: readonly string[]
}

const labels: Readonly<Record<string, string>> = {
  confirmation: 'Confirm sign-up',
  invite: 'Invitation',
  recovery: 'Choose a new password',
  magic_link: 'Sign-in link',
  email_change: 'Change of address',
  reauthentication: 'Reauthentication',
}

export function Templates(): ReactElement {
  const { ref, path, go } = usePlace()
  const templates = useProject<Templates>(ref, 'auth/templates')
  const name = path[1] ?? 'confirmation'
  const open = templates.data?.templates.find((template) => template.name === name)
  return (
    <Page
      wide
      title="E-mail templates"
      about="The HTML of the mails, with {{ .ConfirmationURL }} and the like where something is filled in."
    >
      {templates.error !== null && (
        <ErrorNotice error={templates.error} onRetry={() => void templates.refetch()} />
      )}
      {templates.data === undefined && templates.error === null && <Loading />}
      {templates.data !== undefined && (
        <div style={{ maxWidth: 360 }}>
          <SelectField
            label="Mail"
            value={name}
            options={templates.data.templates.map((template) => ({
              value: template.name,
              label: `${labels[template.name] ?? template.name}${template.own ? ' (changed)' : ''}`,
            }))}
            onChange={(event) => go({ path: ['templates', event.target.value], search: {} })}
          />
        </div>
      )}
      {templates.data !== undefined && open !== undefined && (
        <TemplateEditor
          key={name}
          projectRef={ref}
          template={open}
          variables={templates.data.variables}
        />
      )}
      {templates.data !== undefined && open === undefined && (
        <Notice kind="warn">There is no mail called {name}.</Notice>
      )}
    </Page>
  )
}

interface Text {
  readonly subject: string
  readonly content: string
}

function TemplateEditor({
  projectRef,
  template,
  variables,
}: {
  readonly projectRef: string
  readonly template: Template
  readonly variables: readonly string[]
}): ReactElement {
  const role = useSession().data?.operator?.role
  const refused = refusal(role, 'admin')
  const [draft, setDraft] = useDraft<Text | null>(`template:${projectRef}:${template.name}`, null)
  const text: Text = draft ?? { subject: template.subject, content: template.content }
  const isChanged = text.subject !== template.subject || text.content !== template.content
  const save = useChange(projectRef, ['auth', 'config'])
  const write = (value: object | null, done: string): void =>
    save.mutate(
      {
        method: 'PATCH',
        path: 'config',
        body: { auth: { email: { template: { [template.name]: value } } } },
      },
      {
        onSuccess: () => {
          setDraft(null)
          toast(done)
        },
      },
    )
  return (
    <>
      {save.error !== null && <ErrorNotice error={save.error} title="Template not saved" />}
      {template.content_path !== null && (
        <Notice>
          It is from the file <code>{template.content_path}</code>; what is saved here takes its
          place.
        </Notice>
      )}
      <div className="template-columns">
        <div className="stack">
          <TextField
            label="Subject"
            value={text.subject}
            onChange={(event) => setDraft({ ...text, subject: event.target.value })}
          />
          <TextArea
            label="HTML"
            mono
            rows={20}
            value={text.content}
            onChange={(event) => setDraft({ ...text, content: event.target.value })}
          />
          <div className="row wrap">
            <Button
              kind="primary"
              refusal={refused}
              disabled={!isChanged || save.isPending}
              onClick={() =>
                write({ subject: text.subject, content: text.content }, 'Template saved')
              }
            >
              Save template
            </Button>
            <Button disabled={!isChanged} onClick={() => setDraft(null)}>
              Discard
            </Button>
            <span className="spacer" />
            {template.own && (
              <Button
                refusal={refused}
                onClick={() => write(null, 'Back to what was there before')}
              >
                Take back what was saved
              </Button>
            )}
          </div>
          <p className="muted small">
            It can use {variables.map((name) => `{{ .${name} }}`).join(', ')}.
          </p>
        </div>
        <Preview projectRef={projectRef} text={text} />
      </div>
    </>
  )
}

interface Previewed {
  readonly id: string | null
  readonly error: string | null
  readonly subject: string
  readonly unknown: readonly string[]
}

const pauseMs = 250

function Preview({
  projectRef,
  text,
}: {
  readonly projectRef: string
  readonly text: Text
}): ReactElement {
  const { subject, content } = text
  const [asked, setAsked] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setAsked({ subject, content }), pauseMs)
    return () => clearTimeout(timer)
  }, [subject, content])
  const preview = useQuery({
    queryKey: ['preview', projectRef, asked.subject, asked.content],
    queryFn: ({ signal }) =>
      call<Previewed>('POST', projectPath(projectRef, 'auth/templates/preview'), {
        body: asked,
        signal,
      }),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 0,
  })
  const { data } = preview
  return (
    <section className="stack tight" aria-label="Preview">
      <h2>Preview, with examples</h2>
      {preview.error !== null && <ErrorNotice error={preview.error} title="No preview" />}
      {data?.error !== undefined && data.error !== null && (
        <Notice kind="danger">
          <strong>The template has a mistake: </strong>
          {data.error}. Mails would say what they say by default.
        </Notice>
      )}
      {data !== undefined && data.unknown.length > 0 && (
        <Notice kind="warn">
          Nothing is filled in for {data.unknown.map((name) => `{{ .${name} }}`).join(', ')}: no
          mail knows it.
        </Notice>
      )}
      {data?.id !== undefined && data.id !== null && (
        <>
          <div className="row">
            <Badge>Subject</Badge> <strong className="truncate">{data.subject}</strong>
          </div>
          <iframe
            className="mail-frame"
            title="The mail as it would arrive"
            sandbox=""
            src={projectPath(projectRef, `auth/templates/preview/${data.id}`)}
          />
        </>
      )}
    </section>
  )
}
