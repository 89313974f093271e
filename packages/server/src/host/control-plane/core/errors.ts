/** What can be wrong with what is asked of the control plane. */
import { defineErrors } from '#base/kernel'

interface Ref {
  readonly ref: string
}

/** Names come from outside: no more of them than belongs into a line. */
const shown = (name: string): string => JSON.stringify(name.slice(0, 80))

export const controlErrors = defineErrors({
  control_master_key_invalid: {
    status: 500,
    message: (p: { variable: string }) => `${p.variable} is not 32 bytes in base64`,
    hint: 'Make one with: openssl rand -base64 32. Keep it: without it nothing in the control database can be opened.',
  },
  control_master_key_wrong: {
    status: 500,
    message: 'The control database was sealed with another master key',
    hint: 'Give the key it was made with as BASALT_MASTER_KEY. After a change the one before belongs into BASALT_PREVIOUS_MASTER_KEY until `basalt control rekey` is through.',
  },
  control_ref_invalid: {
    status: 400,
    message: (p: Ref) => `${shown(p.ref)} cannot be the ref of a project`,
    hint: 'A ref has 2 to 40 lower-case letters, digits and hyphens, and begins and ends with a letter or digit.',
  },
  control_ref_reserved: {
    status: 400,
    message: (p: Ref) => `${shown(p.ref)} is reserved`,
    hint: 'Choose another ref: host names like this one mean something else.',
  },
  control_ref_taken: {
    status: 409,
    message: (p: Ref) => `There is a project ${shown(p.ref)} already`,
    hint: 'Choose another ref. That of a deleted project is free once it is purged.',
  },
  control_project_not_found: {
    status: 404,
    message: (p: Ref) => `There is no project ${shown(p.ref)} here`,
  },
  control_project_deleted: {
    status: 409,
    message: (p: Ref) => `Project ${shown(p.ref)} is deleted`,
    hint: 'Restore it first.',
  },
  control_project_not_deleted: {
    status: 409,
    message: (p: Ref) => `Project ${shown(p.ref)} is not deleted`,
    hint: 'Only a deleted project can be purged: delete it first.',
  },
  control_purge_unconfirmed: {
    status: 400,
    message: (p: Ref) => `To purge project ${shown(p.ref)}, its ref has to be given once more`,
  },
  control_name_invalid: {
    status: 400,
    message: 'The name of a project has 1 to 100 characters, none of them control characters',
  },
  control_database_url_invalid: {
    status: 400,
    message: (p: { reason: string }) => p.reason,
    hint: 'A database URL is postgres://user:password@host:5432/database?sslmode=require.',
  },
  control_database_unreachable: {
    status: 400,
    message: (p: { reason: string }) => `The database cannot be used: ${p.reason}`,
    hint: 'Nothing was stored.',
  },
  control_database_unfit: {
    status: 400,
    message: (p: { count: number; list: string }) =>
      `The database lacks ${p.count === 1 ? 'one thing' : `${p.count} things`}; nothing was stored:\n${p.list}`,
  },
  control_database_wrong: {
    status: 400,
    message: 'The control database given is the database of a project: its services are in it',
    hint: 'Give --control-db-url (or BASALT_CONTROL_DB_URL) a database of its own.',
  },
  control_database_taken: {
    status: 409,
    message: (p: { by: string }) => `This database belongs to ${p.by}`,
    hint: 'Two projects in one database would see each other: give each its own (create database …).',
  },
  control_database_slots_left: {
    status: 409,
    message: (p: { reason: string }) =>
      `The project's replication slot could not be dropped: ${p.reason}`,
    hint: 'A slot left behind fills the disk of its server. If the database is gone for good, purge with force.',
  },
  control_config_invalid: {
    status: 400,
    message: (p: { list: string }) => `The configuration cannot be used:\n${p.list}`,
  },
  control_too_many_rotations: {
    status: 409,
    message: (p: { count: number }) => `${p.count} earlier sets of keys are still good`,
    hint: 'Wait until one of them has ended, or rotate with a grace of 0, which ends all of them.',
  },
  control_grace_invalid: {
    status: 400,
    message: 'The grace period of a rotation is 0 to 90 days',
  },
  control_email_invalid: {
    status: 400,
    message: 'This is no e-mail address',
  },
  control_email_taken: {
    status: 409,
    message: 'There is an operator with this e-mail address already',
  },
  control_password_weak: {
    status: 400,
    message: 'A password has 12 to 256 characters',
  },
  control_operator_not_found: {
    status: 404,
    message: 'There is no such operator',
  },
  control_last_owner: {
    status: 409,
    message: 'The last owner stays one: nobody else could make operators',
    hint: 'Make somebody else an owner first.',
  },
  control_member_not_found: {
    status: 404,
    message: 'This operator is no member of the project',
  },
  control_token_not_found: {
    status: 404,
    message: 'There is no such token',
  },
  control_sign_in_refused: {
    status: 401,
    message: 'E-mail address or password is wrong',
  },
  control_too_many_attempts: {
    status: 429,
    message: 'Too many sign-ins have failed',
    hint: 'Try again in 15 minutes.',
  },
  control_single_project: {
    status: 409,
    message: 'There is one project here, and this is for a fleet',
    hint: '`basalt serve` runs many projects: docs/fleet.md.',
  },
  control_busy: {
    status: 503,
    message: 'Too much of this is under way',
    hint: 'Send it again in a few seconds.',
  },
})
