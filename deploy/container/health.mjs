/** The container's health check: whether the API's port says that it serves. */
const port = process.env.SUPABASE_API_PORT ?? '54321'
const protocol = process.env.SUPABASE_API_TLS_ENABLED === 'true' ? 'https' : 'http'
// of this machine, whatever name its certificate has
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
const answer = await fetch(`${protocol}://127.0.0.1:${port}/health`, {
  signal: AbortSignal.timeout(2500),
}).catch(() => null)
process.exit(answer?.ok === true ? 0 : 1)
