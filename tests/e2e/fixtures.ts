/** The page under test, and a guard who looks at every request that leaves the browser. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test as base, expect, type Locator, type Page, type Request } from '@playwright/test';
import type { TestFile } from './images';
import { DIST, type Site, serveSite } from './server';

export { expect };

/** A small image that is quickly done, where a test is about something else. */
export const SMALL = '?sample=phantom-shape&seed=1&count=1-2&model=nuclei';

/** Fails a test on any request that is not a plain GET of a file on the site's own list. */
export class Guard {
  readonly requests: string[] = [];
  readonly violations: string[] = [];
  readonly #base: string;
  readonly #assets: Set<string>;
  #asked = true;

  constructor(base: string) {
    this.#base = base;
    this.#assets = new Set(JSON.parse(readFileSync(join(DIST, 'assets.json'), 'utf8')) as string[]);
  }

  see(request: Request): void {
    const url = request.url();
    // Memory of the page itself, such as a worker's code or an export, is no place on the network.
    if (url.startsWith('blob:') || url.startsWith('data:')) return;
    this.requests.push(url);
    const told = `${request.method()} ${url}`;
    const path = url.startsWith(this.#base) ? url.slice(this.#base.length).replace(/[?#].*$/, '') : null;
    const query = path !== '' && url.includes('?');
    const listed = path !== null && (path === '' || this.#assets.has(path));
    if (request.method() !== 'GET' || request.postData() !== null || !listed || query)
      this.violations.push(told);
    else if (!this.#asked) this.violations.push(`unasked: ${told}`);
  }

  /** These are files of the site too, though a test puts them there. */
  allow(...paths: string[]): void {
    for (const path of paths) this.#assets.add(path);
  }

  /** From here on every request must be asked for. */
  filesOpened(): void {
    this.#asked = false;
  }

  /** What the user asks for may load something. */
  async whileAsking(work: () => Promise<void>): Promise<void> {
    const before = this.#asked;
    this.#asked = true;
    await work();
    this.#asked = before;
  }
}

const FILES = 'Files of yours: images, truth, or a model';

/** The page, by what a person sees of it. */
export class Desk {
  readonly page: Page;
  readonly guard: Guard;
  readonly #site: string;
  readonly faults: string[] = [];

  constructor(page: Page, guard: Guard, site: string) {
    this.page = page;
    this.guard = guard;
    this.#site = site;
  }

  get image(): Locator {
    return this.page.getByRole('region', { name: 'Image' });
  }

  get findings(): Locator {
    return this.page.getByRole('region', { name: 'Findings' });
  }

  get rows(): Locator {
    return this.findings.locator('tbody tr[data-mark]');
  }

  get cases(): Locator {
    return this.page.getByRole('region', { name: 'Cases' });
  }

  get problems(): Locator {
    return this.page.getByRole('region', { name: 'Problems' }).locator('tbody tr');
  }

  get score(): Locator {
    return this.page.getByRole('slider', { name: 'Score threshold' });
  }

  get iou(): Locator {
    return this.page.getByRole('slider', { name: 'IoU threshold' });
  }

  /** Opens the page and waits for nothing. */
  async visit(query = ''): Promise<void> {
    await this.page.goto(this.#site + query);
  }

  /** Opens the page and waits until it has its first result. */
  async open(query = ''): Promise<void> {
    await this.visit(query);
    await this.settled();
  }

  /** Waits until nothing is loaded, decoded or run any more. */
  async settled(timeout = 90_000): Promise<void> {
    await expect(this.image).toHaveAttribute('aria-busy', 'false', { timeout });
  }

  /** Gives the page files by its picker. */
  async pick(...files: TestFile[]): Promise<void> {
    await this.approach();
    this.guard.filesOpened();
    await this.page.getByLabel(FILES).setInputFiles(files);
  }

  /** The same with files on the disk, which may be large. */
  async pickPaths(...paths: string[]): Promise<void> {
    await this.approach();
    this.guard.filesOpened();
    await this.page.getByLabel(FILES).setInputFiles(paths);
  }

  /** Comes near the place for files, as focus and pointer do: the page then fetches what reads them, before it has any. */
  async approach(): Promise<void> {
    await this.page.getByLabel(FILES).dispatchEvent('focusin');
    const isThere = () =>
      performance
        .getEntriesByType('resource')
        .some(
          (entry) => entry.name.includes('intake') && (entry as PerformanceResourceTiming).responseEnd > 0,
        );
    await expect.poll(() => this.page.evaluate(isThere)).toBe(true);
  }

  /** Drops files on the page as from the desktop. */
  async drop(...files: TestFile[]): Promise<void> {
    await this.approach();
    this.guard.filesOpened();
    const parts = files.map(({ name, mimeType, buffer }) => ({
      name,
      mimeType,
      text: buffer.toString('base64'),
    }));
    const data = await this.page.evaluateHandle((all) => {
      const transfer = new DataTransfer();
      for (const { name, mimeType, text } of all) {
        const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
        transfer.items.add(new File([bytes], name, { type: mimeType }));
      }
      return transfer;
    }, parts);
    await this.page.dispatchEvent('body', 'dragover', { dataTransfer: data });
    await this.page.dispatchEvent('body', 'drop', { dataTransfer: data });
  }

  /** What the page saves when it is asked for an export. */
  async exported(button: 'Predictions' | 'Report') {
    await this.page.getByText('Export', { exact: true }).click();
    const [download] = await Promise.all([
      this.page.waitForEvent('download'),
      this.page.getByRole('button', { name: button }).click(),
    ]);
    await this.page.keyboard.press('Escape');
    const json = JSON.parse(readFileSync(await download.path(), 'utf8'));
    return { name: download.suggestedFilename(), json };
  }

  async count(name: 'true_positives' | 'false_positives' | 'false_negatives'): Promise<number> {
    const locator = this.page.getByTestId(name);
    await expect(locator).toHaveText(/^\d+$/);
    return Number(await locator.textContent());
  }

  /** A metric as it stands in the table. */
  async metric(id: string): Promise<number> {
    return Number(await this.page.getByTestId(`metric-${id}`).textContent());
  }

  /** Moves a slider with the keyboard, as everybody can. */
  async slide(slider: Locator, value: number): Promise<void> {
    await slider.fill(String(value));
  }

  /** Pixels of the overlay that something was drawn on, of one colour where that is given. */
  async drawn(colour?: [number, number, number]): Promise<number> {
    return this.page.getByTestId('overlay').evaluate((canvas, wanted) => {
      const { width, height } = canvas as HTMLCanvasElement;
      const pixels =
        (canvas as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height).data ?? [];
      let count = 0;
      for (let index = 0; index < pixels.length; index += 4) {
        if (pixels[index + 3] === 0) continue;
        const near = (wanted ?? []).every(
          (part, channel) => Math.abs((pixels[index + channel] ?? 0) - part) < 24,
        );
        if (near) count += 1;
      }
      return count;
    }, colour);
  }
}

interface WorkerFixtures {
  site: Site;
}

interface Fixtures {
  guard: Guard;
  desk: Desk;
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  site: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of what is used from here
    async ({}, use) => {
      const site = await serveSite();
      await use(site);
      await site.close();
    },
    { scope: 'worker' },
  ],
  guard: async ({ context, site }, use) => {
    const guard = new Guard(site.url);
    context.on('request', (request) => guard.see(request));
    await use(guard);
    expect(guard.violations, 'requests that must not be made').toEqual([]);
  },
  desk: async ({ page, guard, site }, use) => {
    const desk = new Desk(page, guard, site.url);
    page.on('pageerror', (error) => desk.faults.push(error.message));
    page.on('console', (message) => {
      // What the policy refuses is told on the console only.
      if (message.text().includes('Content Security Policy')) desk.faults.push(message.text());
    });
    await use(desk);
    expect(desk.faults, 'errors that nobody handled').toEqual([]);
  },
});
