/** A PKCE flow that begins with a mail: the code challenge waits here for the code that the mail's link will bring. */
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'

export interface NewFlowState {
  readonly id: string
  readonly userId: string
  readonly authCode: string
  readonly challenge: string
  readonly method: 's256' | 'plain'
  /** `email`, `email_change`. */
  readonly providerType: string
  /** The amr method the flow will end in: `email/signup`. */
  readonly authenticationMethod: string
}

export function insertFlowState(flow: NewFlowState, now: string): Statement {
  return sql`/* auth.insertFlowState */
    insert into auth.flow_state (
      id, user_id, auth_code, code_challenge, code_challenge_method, provider_type, authentication_method,
      provider_access_token, provider_refresh_token, created_at, updated_at
    ) values (
      ${flow.id}, ${flow.userId}, ${flow.authCode}, ${flow.challenge}, ${flow.method}, ${flow.providerType},
      ${flow.authenticationMethod}, '', '', ${now}, ${now}
    )`
}
