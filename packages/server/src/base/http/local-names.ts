/** Names that SQL and config.toml written for Supabase's containers has for services that are elsewhere here. */

/**
 * `http://kong:8000/functions/v1/x`, `http://api.supabase.internal:8000/…`, `http://supabase_kong_name:8000/…` → the
 * project's own URL; `host.docker.internal` → this machine. Everything else stays.
 */
export function rewriteLocalName(url: URL, externalUrl: string): URL {
  const isGateway =
    url.port === '8000' && /^(kong|api\.supabase\.internal|supabase_kong_\w+)$/.test(url.hostname)
  if (!isGateway && url.hostname !== 'host.docker.internal') return url
  const rewritten = new URL(url)
  if (!isGateway) {
    rewritten.hostname = '127.0.0.1'
    return rewritten
  }
  const own = new URL(externalUrl)
  rewritten.protocol = own.protocol
  rewritten.hostname = own.hostname
  rewritten.port = own.port
  return rewritten
}
