import { expect, test } from 'vitest'
import { escapeHtml, renderTemplate, toPlainText } from './render-template.ts'

const variables = { Token: '123456', Email: `"<a>&'`, Data: { name: 'Ann', tags: ['x'] } }

test.each([
  ['code {{ .Token }}, {{.Token}}', 'code 123456, 123456'],
  ['{{ .Email }}', '&#34;&lt;a&gt;&amp;&#39;'],
  ['{{ .Data.name }} {{ .Data.none }} {{ .Data.tags }}', 'Ann  [&#34;x&#34;]'],
  ['{{ if .Data.name }}yes{{ else }}no{{ end }}', 'yes'],
  ['{{ if not .Data.none }}{{ if .Token }}both{{ end }}{{ end }}', 'both'],
  ['a {{- .Token -}} b', 'a123456b'],
  ['{{/* note */}}x', 'x'],
  ['{{ .Data.constructor }}', ''],
])('%s', (template, text) => expect(renderTemplate(template, variables, escapeHtml)).toBe(text))

test.each(['{{ range .X }}', '{{ if .X }}', '{{ end }}', '{{ else }}', '{{ printf "x" }}'])(
  '%s is not understood',
  (template) => expect(() => renderTemplate(template, {}, escapeHtml)).toThrow(/./),
)

test('plain text keeps links and words', () => {
  expect(toPlainText('<h2>Hi</h2><p><a href="http://x?a=1&amp;b=2">Go</a></p>')).toBe(
    'Hi\n\nGo ( http://x?a=1&b=2 )',
  )
})
