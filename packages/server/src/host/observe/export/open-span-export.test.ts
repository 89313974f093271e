import { expect, test } from 'vitest'
import { parseHeaders, tracesUrl } from './open-span-export.ts'

test('the path of traces is added where it is not there', () => {
  expect(tracesUrl('http://127.0.0.1:4318')).toBe('http://127.0.0.1:4318/v1/traces')
  expect(tracesUrl('https://otel.example.com/otlp/')).toBe(
    'https://otel.example.com/otlp/v1/traces',
  )
  expect(tracesUrl('http://a/v1/traces')).toBe('http://a/v1/traces')
  for (const endpoint of ['ftp://collector', '127.0.0.1:4318', ''])
    expect(() => tracesUrl(endpoint)).toThrow('basalt.observability.tracing.endpoint has to be')
})

test('headers are those of the environment variable of OpenTelemetry', () => {
  expect(parseHeaders('Authorization=Basic%20YQ==, x-team = one,broken,%=%')).toEqual({
    authorization: 'Basic YQ==',
    'x-team': 'one',
    '%': '%',
  })
  expect(parseHeaders(null)).toEqual({})
})
