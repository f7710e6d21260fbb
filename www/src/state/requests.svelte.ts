import type { RequestEntry } from '../worker/messages';

/** Every request that the page and its workers have made, for anyone to look at. */

export interface RequestRecord {
  /** Where to, relative to the page where it is on the same site. */
  address: string;
  sameSite: boolean;
  /** Bytes over the network; 0 where they came from the browser's cache. */
  bytes: number;
  afterFiles: boolean;
}

export class Requests {
  list = $state.raw<RequestRecord[]>([]);
  /** Set when a file of the user's is opened: what comes after must be asked for. */
  filesOpened = $state(false);
  #observer: PerformanceObserver | null = null;

  /** Listens to the browser's own record of what this page loads. */
  watch(): void {
    const page = performance.getEntriesByType('navigation')[0];
    if (page !== undefined)
      this.add([{ name: page.name, transferSize: (page as PerformanceNavigationTiming).transferSize }]);
    this.#observer = new PerformanceObserver((entries) => {
      this.add(entries.getEntriesByType('resource') as PerformanceResourceTiming[]);
    });
    this.#observer.observe({ type: 'resource', buffered: true });
  }

  /** From now on requests count as made after the user's files. The browser tells of a request a little after it. */
  async openFiles(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve));
    this.add((this.#observer?.takeRecords() ?? []) as PerformanceResourceTiming[]);
    this.filesOpened = true;
  }

  add(entries: RequestEntry[]): void {
    const records = entries
      .map(({ name, transferSize }) => ({ url: new URL(name, location.href), transferSize }))
      // A blob is memory of this page, not a place on the network.
      .filter(({ url }) => url.protocol.startsWith('http'))
      .map(({ url, transferSize }) => this.#record(url, transferSize));
    if (records.length > 0) this.list = [...this.list, ...records];
  }

  #record(url: URL, bytes: number): RequestRecord {
    const base = new URL('.', location.href).href;
    const sameSite = url.origin === location.origin;
    const address = url.href.startsWith(base) ? url.href.slice(base.length) || './' : url.href;
    return { address, sameSite, bytes, afterFiles: this.filesOpened };
  }

  get foreign(): number {
    return this.list.filter(({ sameSite }) => !sameSite).length;
  }

  get sinceFiles(): number {
    return this.list.filter(({ afterFiles }) => afterFiles).length;
  }
}
