/** An authorization request that somebody wants to try: its parameters, and one line that says where they come from. */
export interface RequestDraft {
  /** In the order of the URL, decoded; a name may come more than once. `client_id` chooses the application. */
  params: ReadonlyArray<readonly [string, string]>;
  /** Such as "From the session of Bookstore at 14:32". */
  about?: string;
}

/**
 * Hands a request to the playground: `draft.hand({ params })`, then `router.go('playground')`. The playground takes it
 * when it is shown, or at once when it is shown already.
 */
class DraftBox {
  #waiting = $state.raw<RequestDraft | null>(null);

  hand(request: RequestDraft): void {
    this.#waiting = request;
  }

  /** The request that waits, which is nobody else's from then on. */
  take(): RequestDraft | null {
    const request = this.#waiting;
    if (request) this.#waiting = null;
    return request;
  }
}

export const draft = new DraftBox();
