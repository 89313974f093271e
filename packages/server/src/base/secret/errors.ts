/** Why a reference to a secret stands for nothing. */
import { defineErrors } from '#base/kernel'

export const secretErrors = defineErrors({
  secret_reference_invalid: {
    status: 500,
    message: (p: { reference: string; form: string }) =>
      `${p.reference} is no reference to a secret: expected ${p.form}`,
  },
  secret_not_of_project: {
    status: 500,
    message: (p: { reference: string; ref: string }) =>
      `${p.reference} is no secret of the project ${p.ref}: its path must have that name where basalt.secrets.project_level says`,
  },
  secret_store_unconfigured: {
    status: 500,
    message: (p: { reference: string; option: string }) =>
      `${p.reference} cannot be resolved: ${p.option} is not set on this node`,
  },
  secret_not_found: {
    status: 500,
    message: (p: { reference: string; where: string }) =>
      `${p.reference} stands for nothing: ${p.where}`,
  },
  secret_store_away: {
    status: 503,
    message: (p: { reference: string; reason: string }) =>
      `${p.reference} cannot be resolved at the moment: ${p.reason}`,
  },
})
