/** A place for SQL: Postgres' words, names of the catalog, and keys that run it. */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { PostgreSQL, sql } from '@codemirror/lang-sql'
import type { SQLNamespace } from '@codemirror/lang-sql'
import { json, jsonParseLinter } from '@codemirror/lang-json'
import { bracketMatching, indentOnInput } from '@codemirror/language'
import { linter } from '@codemirror/lint'
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search'
import { Compartment, EditorState, Prec } from '@codemirror/state'
import {
  EditorView,
  drawSelection,
  highlightActiveLine,
  keymap,
  lineNumbers,
  placeholder,
} from '@codemirror/view'
import { useEffect, useRef } from 'react'
import type { ReactElement } from 'react'
import { editorTheme } from './editor-theme.ts'

export interface SqlEditorProps {
  readonly label: string
  readonly value: string
  readonly onChange?: (value: string) => void
  readonly language?: 'sql' | 'json'
  /** Schemas → relations → columns, for completion. */
  readonly names?: SQLNamespace
  /** Mod-Enter: the selection, or all of it. */
  readonly onRun?: (text: string) => void
  /** Mod-Shift-Enter. */
  readonly onExplain?: (text: string) => void
  readonly onSave?: () => void
  readonly readOnly?: boolean
  readonly minHeight?: number
  readonly hint?: string
  readonly autoFocus?: boolean
  /** Where an error is, counted from 0: the cursor goes there. */
  readonly errorAt?: number | null
}

const cspNonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? ''

function languageOf(language: 'sql' | 'json', names: SQLNamespace | undefined) {
  if (language === 'json') return [json(), linter(jsonParseLinter())]
  return sql({
    dialect: PostgreSQL,
    upperCaseKeywords: false,
    defaultSchema: 'public',
    ...(names === undefined ? {} : { schema: names }),
  })
}

export function SqlEditor(props: SqlEditorProps): ReactElement {
  const { label, value, language = 'sql', names, readOnly = false, minHeight, errorAt } = props
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView | null>(null)
  const speech = useRef(new Compartment())
  const latest = useRef(props)
  latest.current = props

  useEffect(() => {
    if (host.current === null) return
    const text = ({ state }: EditorView): string => {
      const { from, to } = state.selection.main
      return from === to ? state.doc.toString() : state.sliceDoc(from, to)
    }
    const keys = Prec.highest(
      keymap.of([
        { key: 'Mod-Enter', run: (at) => (latest.current.onRun?.(text(at)), true) },
        { key: 'Mod-Shift-Enter', run: (at) => (latest.current.onExplain?.(text(at)), true) },
        { key: 'Mod-s', run: () => (latest.current.onSave?.(), true), preventDefault: true },
      ]),
    )
    const made = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          EditorView.cspNonce.of(cspNonce),
          keys,
          lineNumbers(),
          history(),
          drawSelection(),
          indentOnInput(),
          bracketMatching(),
          closeBrackets(),
          autocompletion(),
          highlightActiveLine(),
          highlightSelectionMatches(),
          search({ top: true }),
          speech.current.of(languageOf(language, latest.current.names)),
          keymap.of([
            ...closeBracketsKeymap,
            ...completionKeymap,
            ...searchKeymap,
            ...historyKeymap,
            ...defaultKeymap,
            indentWithTab,
          ]),
          EditorState.readOnly.of(readOnly),
          EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false' }),
          placeholder(latest.current.hint ?? ''),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange?.(update.state.doc.toString())
          }),
          ...editorTheme,
        ],
      }),
    })
    view.current = made
    if (latest.current.autoFocus === true) made.focus()
    return () => {
      view.current = null
      made.destroy()
    }
  }, [label, language, readOnly])

  useEffect(() => {
    view.current?.dispatch({ effects: speech.current.reconfigure(languageOf(language, names)) })
  }, [language, names])

  useEffect(() => {
    const now = view.current
    if (now === null || now.state.doc.toString() === value) return
    now.dispatch({ changes: { from: 0, to: now.state.doc.length, insert: value } })
  }, [value])

  useEffect(() => {
    const now = view.current
    if (now === null || errorAt === null || errorAt === undefined) return
    const at = Math.min(errorAt, now.state.doc.length)
    now.dispatch({ selection: { anchor: at }, scrollIntoView: true })
  }, [errorAt])

  return <div className="sql-editor" ref={host} style={{ minHeight }} />
}
