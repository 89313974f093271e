/** The error tables of all rooms, for the page that lists them. */
import { authErrors } from '#services/auth/core'
import { limitErrors } from '#services/auth/limits'
import { hookErrors } from '#services/auth/hooks'
import { messageErrors } from '#services/auth/messages'
import { sessionErrors } from '#services/auth/session'
import { signUpErrors } from '#services/auth/sign-up'
import { verificationErrors } from '#services/auth/verification'
import { accountErrors } from '#services/auth/account'
import { linkingErrors } from '#services/auth/linking'
import { externalErrors } from '#services/auth/external'
import { ssoErrors } from '#services/auth/sso'
import { factorErrors } from '#services/auth/factors'
import { adminErrors } from '#services/auth/admin'
import { oauthServerErrors } from '#services/auth/oauth-server'

export const authErrorTables: readonly object[] = [
  authErrors,
  limitErrors,
  hookErrors,
  messageErrors,
  sessionErrors,
  signUpErrors,
  verificationErrors,
  accountErrors,
  linkingErrors,
  externalErrors,
  ssoErrors,
  factorErrors,
  adminErrors,
  oauthServerErrors,
]
