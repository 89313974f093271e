import { expect, test } from 'vitest'
import { mailTemplates, previewTemplate } from './preview-template.ts'

test('the examples stand where the variables are, escaped', () => {
  const content = '<p>{{ .Email }} {{ .Data.name }}</p>'
  expect(previewTemplate({ subject: 'For {{ .Email }}', content })).toEqual({
    subject: 'For ann@example.com',
    html: '<p>ann@example.com Ann Example</p>',
    unknown: [],
  })
})

test('a name that no mail knows is told', () => {
  const preview = previewTemplate({ subject: '', content: '{{ .Tokn }}{{ .Data.none }}' })
  expect(preview).toEqual({ subject: '', html: '', unknown: ['Tokn'] })
})

test('what is not understood is told', () => {
  expect(() => previewTemplate({ subject: '', content: '{{ if .Email }}' })).toThrow('if without')
})

test.each(Object.entries(mailTemplates))('%s knows all it says', (_, template) =>
  expect(previewTemplate(template).unknown).toEqual([]),
)
