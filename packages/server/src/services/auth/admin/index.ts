/** auth/admin: users, links and the audit log in the hands of administrators. */
export { adminCreateUser } from './admin-create-user.ts'
export { adminListAudit } from './admin-list-audit.ts'
export { adminListUsers } from './admin-list-users.ts'
export { adminDeleteUser, adminGetUser, adminUpdateUser } from './admin-user.ts'
export { adminErrors } from './errors.ts'
export { generateLink } from './generate-link.ts'
export { invite } from './invite.ts'
