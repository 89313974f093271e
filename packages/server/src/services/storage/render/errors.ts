/** What can be wrong with an image. */
import { defineErrors, PlatformError } from '#base/kernel'

export const renderErrors = defineErrors({
  invalidSource: {
    code: 'InvalidRequest',
    status: 400,
    message: 'The source image is invalid or unsupported for rendering',
  },
  tooLarge: {
    code: 'InvalidRequest',
    status: 400,
    message: 'The source image resolution is too large to process',
  },
  tooSlow: {
    code: 'InvalidRequest',
    status: 400,
    message: 'The source image takes too long to process',
  },
  busy: {
    code: 'SlowDown',
    status: 429,
    message: 'Too many images are being transformed: send the request again in a moment',
    details: 'too_many_transformations',
  },
  unavailable: {
    code: 'FeatureNotEnabled',
    status: 409,
    message:
      'The feature imageTransformation is not enabled for this resource: the package sharp is not installed',
  },
})

/** On the wire it is an `InvalidRequest` like others. */
export function isTooSlow(error: unknown): boolean {
  return error instanceof PlatformError && error.message === renderErrors.tooSlow().message
}
