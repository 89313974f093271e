/** The plain contract: values in, values out. What is outside `handler` stays between calls. */
let calls = 0

interface Greeting {
  readonly body: { readonly name?: string } | null
  readonly user_id: string | null
}

export function handler({ body, user_id }: Greeting) {
  if (user_id === null) return { status: 401, body: { message: 'Sign in first' } }
  calls += 1
  return {
    status: 200,
    headers: { 'x-calls': String(calls) },
    body: { message: `Hello ${body?.name ?? user_id}!` },
  }
}
