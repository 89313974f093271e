/** One key of a customer: what it may, what it used, and its end. */
import { useMutation } from '@tanstack/react-query'
import { Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { refusal, useForget, useSession } from '#studio/api'
import { literal } from '#studio/catalog'
import { Link, hrefOf } from '#studio/place'
import {
  Button,
  ConfirmDialog,
  ErrorNotice,
  Facts,
  Progress,
  Sheet,
  clockTime,
  count,
  toast,
} from '#studio/ui'
import { permissionsOf } from './keys.ts'
import type { CustomerKey } from './keys.ts'
import { LimitFields, limitsOf, problemOf } from './limits.tsx'
import type { Limits } from './limits.tsx'
import { runSql } from './run-sql.ts'
import { Usage } from './usage.tsx'

export function KeySheet({
  projectRef,
  of: key,
  onClose,
}: {
  readonly projectRef: string
  readonly of: CustomerKey
  readonly onClose: () => void
}): ReactElement {
  const role = useSession().data?.operator?.role
  const forget = useForget(projectRef)
  const begin = useState(() => limitsNow(key))[0]
  const [limits, setLimits] = useState<Limits>(begin)
  const [isRevoking, setIsRevoking] = useState(false)
  const where = `where id = ${literal(key.id)}`
  const save = useMutation({
    mutationFn: () => {
      const [rate, quota, given, addresses] = limitsOf(limits)
      // a day that nobody touched keeps its hour
      const expires = limits.expires === begin.expires ? 'expires_at' : given
      return runSql(
        projectRef,
        `update public.api_keys set rate_limit = ${rate}, monthly_quota = ${quota}, expires_at = ${expires}, allowed_ips = ${addresses} ${where}`,
      )
    },
    onSuccess: async () => {
      toast('Limits saved')
      await forget('api-keys')
    },
  })
  const isChanged = JSON.stringify(limits) !== JSON.stringify(begin)
  return (
    <Sheet
      open
      wide
      title={key.name}
      onClose={onClose}
      foot={
        <Button
          kind="danger"
          refusal={refusal(role, 'developer')}
          onClick={() => setIsRevoking(true)}
        >
          <Trash2 size={14} aria-hidden /> Revoke key
        </Button>
      }
    >
      <Facts
        facts={[
          ['User', userLink(projectRef, key)],
          ['May', permissionsOf(key.permissions)],
          ['Created', clockTime(key.created_at)],
          ['Last used', key.last_used_at === null ? 'never' : clockTime(key.last_used_at)],
          ['This month', `${count(key.usage_count)} of ${count(key.monthly_quota)} requests`],
        ]}
      />
      <Progress done={key.usage_count / key.monthly_quota} label="Of its quota" />
      <Usage projectRef={projectRef} ofKey={key} />
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          if (problemOf(limits) === null) save.mutate()
        }}
      >
        <h2>Limits</h2>
        <LimitFields value={limits} onChange={setLimits} />
        {save.error !== null && <ErrorNotice title="Not saved" error={save.error} />}
        <div>
          <Button
            type="submit"
            refusal={refusal(role, 'developer')}
            disabled={!isChanged || problemOf(limits) !== null || save.isPending}
          >
            Save limits
          </Button>
        </div>
      </form>
      <ConfirmDialog
        open={isRevoking}
        title={`Revoke ${key.name}?`}
        action="Revoke key"
        onClose={() => setIsRevoking(false)}
        onConfirm={async () => {
          await runSql(projectRef, `delete from public.api_keys ${where}`)
          await forget('api-keys')
          toast(`${key.name} revoked`)
          onClose()
        }}
      >
        Programs that use it are refused at once, on every node. Its usage goes with it; to keep
        that, set a day it ends instead. This cannot be undone.
      </ConfirmDialog>
    </Sheet>
  )
}

const userLink = (projectRef: string, { email, user_id: id }: CustomerKey): ReactElement => (
  <Link href={hrefOf({ ref: projectRef, section: 'users', path: [id] })}>{email ?? id}</Link>
)

const limitsNow = (key: CustomerKey): Limits => ({
  rate: String(key.rate_limit),
  quota: String(key.monthly_quota),
  expires: key.expires_at?.slice(0, 10) ?? '',
  addresses: key.allowed_ips?.join(', ') ?? '',
})
