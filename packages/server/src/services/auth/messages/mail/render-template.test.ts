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
  ['{{ if eq .Data.name "Ann" }}hers{{ else }}no{{ end }}', 'hers'],
  ['{{ if eq .Data.name "Bob" "Ann" }}one of them{{ end }}', 'one of them'],
  ['{{ if eq .Data.none "x" }}a{{ else if ne .Token "1" }}b{{ else }}c{{ end }}!', 'b!'],
  ['{{ if and .Data.name (not .Data.none) }}yes{{ end }}', 'yes'],
  ['{{ if and .Data.none .Data.name }}yes{{ else }}no{{ end }}', 'no'],
  ['{{ if or .Data.none .Data.more }}yes{{ else }}no{{ end }}', 'no'],
  ['{{ with .Data.name }}{{ . }} of {{ $.Token }}{{ else }}nobody{{ end }}', 'Ann of 123456'],
  ['{{ range .Data.tags }}[{{ . }}]{{ end }}', '[x]'],
  ['{{ .Token | printf "%s-%s" "no" }}', 'no-123456'],
  ['{{ len .Token }} {{ index .Data.tags 0 }} {{ urlquery "a b&c" }}', '6 x a+b%26c'],
  ['{{ if gt (len .Data.tags) 0 }}some{{ end }}', 'some'],
  ['{{ if .Data.name }}{{ if .Data.none }}x{{ else if true }}y{{ end }}z{{ end }}', 'yz'],
])('%s', (template, text) => expect(renderTemplate(template, variables, escapeHtml)).toBe(text))

test.each([
  '{{ range .X }}',
  '{{ if .X }}',
  '{{ end }}',
  '{{ else }}',
  '{{ template "x" }}',
  '{{ $x := .Y }}',
  '{{ .A .B }}',
  '{{ "x }}',
  '{{ if (eq .A }}{{ end }}',
  '{{ }}',
  '{{ constructor .A }}',
])('%s is not understood', (template) =>
  expect(() => renderTemplate(template, {}, escapeHtml)).toThrow(/./),
)

test('plain text keeps links and words', () => {
  expect(toPlainText('<h2>Hi</h2><p><a href="http://x?a=1&amp;b=2">Go</a></p>')).toBe(
    'Hi\n\nGo ( http://x?a=1&b=2 )',
  )
})
