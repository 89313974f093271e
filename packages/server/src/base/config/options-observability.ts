/** Options of what is seen of a node as it runs: its log, its metrics, its traces. */
import { boolean, duration, fraction, integer, list, port, secret, text, unset } from './option.ts'

export const observabilityOptions = {
  'basalt.log.sample': fraction(
    1,
    'Part of the requests that get a line, of those answered below 400 in time; all others get theirs.',
  ),
  'basalt.log.file': unset(
    text(
      '',
      'A file that the lines of the log go to as well, for a shipper to follow; begun anew at 64 MiB, with one older file kept.',
    ),
  ),
  'basalt.log.slow_request': unset(
    duration(
      '0s',
      'A request that takes longer is warned of, with its statements: their names, texts and times, no values.',
    ),
  ),
  'basalt.log.slow_plans': boolean(
    false,
    "Adds the generic plan of a slow request's slowest statement, as its own role sees it: at most one every 10 s, without values.",
  ),
  'basalt.log.query': boolean(
    false,
    "Adds each request's query; parameters that carry secrets are masked.",
  ),
  'basalt.log.headers': list(
    [],
    'Request headers that are added to its line; those that carry secrets are masked.',
  ),
  'basalt.log.redact': list(
    [],
    'Fields of lines, headers and query parameters that are masked besides: `user_id`, `x-tenant`, `email`.',
  ),
  'basalt.observability.metrics.port': unset(
    port(9090, 'Port that serves /metrics alone, to everybody who reaches it.'),
  ),
  'basalt.observability.metrics.host': text('127.0.0.1', 'Address of that port.'),
  'basalt.observability.tracing.enabled': unset(
    boolean(false, 'Sends traces (OpenTelemetry). Default: where an endpoint is given.'),
  ),
  'basalt.observability.tracing.endpoint': unset(
    text(
      '',
      'Collector that takes OTLP over HTTP (protobuf): `http://127.0.0.1:4318`; `/v1/traces` is added. Default, where tracing is enabled: that one.',
    ),
  ),
  'basalt.observability.tracing.headers': secret(
    unset(text('', 'Headers sent to it: `authorization=Bearer abc,x-team=one`.')),
  ),
  'basalt.observability.tracing.service_name': text('basalt', '`service.name` of the traces.'),
  'basalt.observability.tracing.sample_rate': fraction(
    0.1,
    'Part of the requests that are traced; one whose caller traces it is, too.',
  ),
  'basalt.observability.tracing.max_per_second': integer(
    100,
    'Most requests a second that are traced, whatever callers ask for.',
    1,
    100_000,
  ),
  'basalt.observability.tracing.sql_comments': boolean(
    true,
    'Statements of traced requests end in a comment with their traceparent, and are not prepared.',
  ),
}
