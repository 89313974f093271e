/** Signing in: an operator of a fleet by e-mail and password, one project's owner by its key. */
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { ReactElement } from 'react'
import { call } from '#studio/api'
import type { Session } from '#studio/api'
import { Button, ErrorNotice, TextField } from '#studio/ui'

export function SignIn({ session }: { readonly session: Session }): ReactElement {
  const client = useQueryClient()
  const [values, setValues] = useState({ email: '', password: '', key: '' })
  const [error, setError] = useState<unknown>(null)
  const [isBusy, setIsBusy] = useState(false)
  const send = async (body: object): Promise<void> => {
    setIsBusy(true)
    setError(null)
    try {
      await call('POST', '/studio/session', { body })
      await client.invalidateQueries()
    } catch (caught) {
      setError(caught)
      setIsBusy(false)
    }
  }
  useEffect(() => {
    // the link that `basalt start` printed: used once, and gone from the address
    const code = /^#code=(.+)$/.exec(location.hash)?.[1]
    if (code === undefined) return
    history.replaceState(null, '', location.pathname + location.search)
    void send({ code })
    // oxlint-disable-next-line exhaustive-deps
  }, [])
  const isKey = session.sign_in === 'key'
  const set = (name: keyof typeof values) => (event: { target: { value: string } }) =>
    setValues({ ...values, [name]: event.target.value })
  return (
    <main className="sign-in">
      <form
        className="card"
        onSubmit={(event) => {
          event.preventDefault()
          void send(
            isKey ? { key: values.key.trim() } : { email: values.email, password: values.password },
          )
        }}
      >
        <div className="body stack">
          <div className="row">
            <img src="/icon.svg" alt="" width={28} height={28} />
            <h1>Sign in to Studio</h1>
          </div>
          {isKey ? (
            <TextField
              label="Secret key"
              help="The project's service_role or secret key, or the operator token. basalt status prints it."
              type="password"
              autoComplete="current-password"
              value={values.key}
              onChange={set('key')}
              required
              mono
            />
          ) : (
            <>
              <TextField
                label="E-mail"
                type="email"
                autoComplete="username"
                value={values.email}
                onChange={set('email')}
                required
              />
              <TextField
                label="Password"
                type="password"
                autoComplete="current-password"
                value={values.password}
                onChange={set('password')}
                required
              />
            </>
          )}
          {error !== null && <ErrorNotice error={error} />}
          <Button kind="primary" type="submit" disabled={isBusy}>
            Sign in
          </Button>
        </div>
      </form>
    </main>
  )
}
