/** Options of the edge: who is believed about a client's address, how often it may ask, what browsers are told. */
import { boolean, choice, integer, list, text, unset } from './option.ts'

export const edgeOptions = {
  'basalt.trusted_proxies': list(
    [],
    'Addresses (`10.0.0.0/8`, `::1`) of proxies that are believed about whom they pass on; of the node.',
  ),
  'basalt.forwarded_headers': choice(
    ['x-forwarded', 'forwarded'],
    'x-forwarded',
    'Headers those proxies set: `X-Forwarded-For`, `-Proto` and `-Host`, or `Forwarded` (RFC 7239). The others are not read.',
  ),
  'basalt.rate_limit.enabled': boolean(
    false,
    'Limits the requests a minute of each user, and of each address that brings no user.',
  ),
  'basalt.rate_limit.anonymous': integer(
    100,
    'Requests a minute of one address (IPv6: /64) without a user; 0 means no limit.',
  ),
  'basalt.rate_limit.authenticated': integer(
    500,
    'Requests a minute of one user; 0 means no limit.',
  ),
  'basalt.rate_limit.api_key': integer(
    1000,
    'Requests a minute of one API key of a customer; 0 means no limit.',
  ),
  'basalt.rate_limit.service_role': integer(
    0,
    "Requests a minute with the service key, the project's own servers; 0 means no limit.",
  ),
  'basalt.cors.allowed_origins': list(
    ['*'],
    'Origins whose pages may call: `https://app.example.com`, `https://*.example.com`, `*` for all.',
  ),
  'basalt.cors.allowed_methods': list(
    ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE', 'OPTIONS'],
    'Methods that pages may use.',
  ),
  'basalt.cors.allowed_headers': list(
    [],
    'Headers that pages may send besides those of the client libraries; without any, all they ask for.',
  ),
  'basalt.cors.expose_headers': list([], 'Headers that pages may read besides those of the API.'),
  'basalt.cors.max_age': integer(3600, 'Seconds that browsers remember the answer to a preflight.'),
  'basalt.cors.allow_credentials': boolean(
    false,
    'Pages may send cookies; only with allowed origins that are named.',
  ),
  'basalt.security_headers.enabled': boolean(
    false,
    'Adds the headers below; empty text adds none.',
  ),
  'basalt.security_headers.content_security_policy': text(
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data: https:",
    '`Content-Security-Policy` of pages (text/html) that bring none.',
  ),
  'basalt.security_headers.x_frame_options': text(
    'DENY',
    '`X-Frame-Options`, but for objects of Storage, which pages embed.',
  ),
  'basalt.security_headers.x_content_type_options': text('nosniff', '`X-Content-Type-Options`.'),
  'basalt.security_headers.referrer_policy': text(
    'strict-origin-when-cross-origin',
    '`Referrer-Policy`.',
  ),
  'basalt.security_headers.strict_transport_security': text(
    'max-age=31536000',
    '`Strict-Transport-Security`, where the request came over TLS: to us, or to a trusted proxy.',
  ),
  'basalt.security_txt.contact': list(
    [],
    'Whom to tell of a weakness: `mailto:security@example.com`, `https://…`. With one there is a `/.well-known/security.txt` (RFC 9116); of the node.',
  ),
  'basalt.security_txt.expires': unset(
    text('', 'Until when it holds: `2027-01-01T00:00:00Z`. Default: 30 days from each request on.'),
  ),
  'basalt.security_txt.policy': list([], 'Where it says how weaknesses are dealt with.'),
  'basalt.security_txt.encryption': list([], 'Keys to write with.'),
  'basalt.security_txt.acknowledgments': list([], 'Where those are thanked who told of one.'),
  'basalt.security_txt.canonical': list([], 'Addresses of this file.'),
  'basalt.security_txt.preferred_languages': list([], 'Languages to write in: `en`, `de`.'),
}
