/** Why a request does not reach a project. */
import { defineErrors } from '#base/kernel'

export const fleetErrors = defineErrors({
  project_not_given: {
    status: 400,
    message: 'The request does not say which project it is for',
    hint: 'Send it to the host of the project, https://<ref>.<base-domain>, or with the header x-project-ref.',
  },
  project_ambiguous: {
    status: 400,
    message: 'The host and x-project-ref name different projects',
    hint: 'Leave the header out where the host names the project.',
  },
  project_not_found: {
    status: 404,
    message: 'There is no such project',
    hint: 'Look at the ref in the host name, or in x-project-ref.',
  },
  project_paused: {
    status: 540,
    message: 'The project is paused',
    hint: 'Whoever runs it can resume it: basalt projects resume <ref>.',
  },
  project_deleted: {
    status: 410,
    message: 'The project was deleted',
    hint: 'Until it is purged it can be restored: basalt projects restore <ref>.',
  },
  project_unavailable: {
    status: 503,
    message: 'The project cannot be reached at the moment',
    hint: 'Its database does not answer, or refuses us; it is tried again. The log of the node says why.',
  },
  projects_unavailable: {
    status: 503,
    message: 'Projects that are not open here cannot be found at the moment',
    hint: 'The control database does not answer; it is tried again.',
  },
  node_full: {
    status: 503,
    message: 'This node has as many projects open as it may',
    hint: 'Send the request again; or raise --max-projects, or start another node.',
  },
})
