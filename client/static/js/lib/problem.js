/** A refusal by the server, with a message that can be shown. */
export class Problem extends Error {
  /**
   * @param {number} status the HTTP status
   * @param {ApiError} error
   */
  constructor(status, error) {
    super(error.message)
    this.status = status
    this.code = error.code
    this.detail = error.detail
    this.retry_after = error.retry_after
    this.id = error.id
  }

  /** Whether the same request may soon succeed. */
  get isTransient() {
    return this.status >= 500 || this.status === 429
  }

  /**
   * Return the problem of a response. An error page from a proxy has only a status.
   * @param {Response} response
   */
  static async of(response) {
    const body = await response.json().catch(() => ({}))
    const error = body.error ?? { code: "unreachable", message: `${response.status} ${response.statusText}` }
    return new Problem(response.status, error)
  }
}

/**
 * Return whether the server refused or could not be reached (`fetch` throws a TypeError then).
 * @param {unknown} error
 * @returns {error is Problem | TypeError}
 */
export function isFailure(error) {
  return error instanceof Problem || error instanceof TypeError
}

/**
 * For `catch`: swallow a failure, throw a bug again.
 * @param {unknown} error
 * @returns {asserts error is Problem | TypeError}
 */
export function rethrowBugs(error) {
  if (!isFailure(error)) {
    throw error
  }
}
