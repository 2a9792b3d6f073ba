/** Counts requests by method and path pattern, for example `GET /api/v2/authorizations/{id}`. */
export interface RequestLog {
  /** How many requests came since the start or the last reset. */
  readonly total: number;
  /** How many came to one endpoint; without the method, to a path by any method. */
  count(endpoint: string): number;
  /** Every endpoint that was asked, with how often, in the order of first requests. */
  counts(): Record<string, number>;
  /** Forgets everything so far. */
  reset(): void;
}

export class RequestCounter implements RequestLog {
  private readonly byEndpoint = new Map<string, number>();

  record(method: string, path: string): void {
    const endpoint = `${method} ${path}`;
    this.byEndpoint.set(endpoint, (this.byEndpoint.get(endpoint) ?? 0) + 1);
  }

  get total(): number {
    return this.sum(() => true);
  }

  count(endpoint: string): number {
    return this.sum((asked) => asked === endpoint || asked.slice(asked.indexOf(" ") + 1) === endpoint);
  }

  counts(): Record<string, number> {
    return Object.fromEntries(this.byEndpoint);
  }

  reset(): void {
    this.byEndpoint.clear();
  }

  private sum(matches: (endpoint: string) => boolean): number {
    let sum = 0;
    for (const [endpoint, count] of this.byEndpoint) if (matches(endpoint)) sum += count;
    return sum;
  }
}
