/** A refusal by the server, in its own words: fit to be shown. */
export class Problem extends Error {
  /**
   * @param {number} status the HTTP status
   * @param {{code: string, message: string, detail?: string, retry_after?: number, id?: string}} error as in the API
   */
  constructor(status, error) {
    super(error.message)
    this.status = status
    this.code = error.code
    this.detail = error.detail
    this.retry_after = error.retry_after
    this.id = error.id
  }

  /** Whether the same request may succeed in a moment. */
  get passes() {
    return this.status >= 500 || this.status === 429
  }

  /** Return the problem of a response; a proxy's error page has only its status to say. */
  static async of(response) {
    const body = await response.json().catch(() => ({}))
    const error = body.error ?? { code: "unreachable", message: `${response.status} ${response.statusText}` }
    return new Problem(response.status, error)
  }
}

/** Whether an error says that the server refused, or could not be reached (a TypeError of fetch). */
export function isFailure(error) {
  return error instanceof Problem || error instanceof TypeError
}

/** For `catch`, where a failure may pass and a bug may not. */
export function unlessBug(error) {
  if (!isFailure(error)) {
    throw error
  }
}
