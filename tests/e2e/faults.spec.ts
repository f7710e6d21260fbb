/** Bad input: one clear message that names the file and the fault, and the rest goes on. */
import type { Page } from '@playwright/test';
import { expect, SMALL, test } from './fixtures';
import { boxes, coco, hugePng, piece, png, stretched, type TestFile, text, tiff16 } from './images';

const good = (): TestFile[] => {
  const { image, labels } = piece(2);
  return [
    tiff16('good.tif', image),
    coco('good.json', { 'good.tif': boxes(labels) }, image.width, image.height),
  ];
};

const cutShort = (file: TestFile, keep = 0.5): TestFile => ({
  ...file,
  buffer: file.buffer.subarray(0, Math.floor(file.buffer.length * keep)),
});

/** Each fault: the file it is in, the files that make it, and the words that must be said. */
const FAULTS: { title: string; file: string; files: () => TestFile[]; says: RegExp }[] = [
  {
    title: 'a truncated PNG',
    file: 'short.png',
    files: () => [cutShort(png('short.png', piece(1).image))],
    says: /truncated|ends|short|incomplete|unexpected/i,
  },
  {
    title: 'a truncated TIFF',
    file: 'short.tif',
    files: () => [cutShort(tiff16('short.tif', piece(1).image))],
    says: /truncated|ends|short|incomplete|unexpected/i,
  },
  {
    title: 'a corrupt image',
    file: 'corrupt.png',
    files: () => {
      const file = png('corrupt.png', stretched(piece(1).image));
      file.buffer.fill(0xa5, 60, 400);
      return [file];
    },
    says: /corrupt|cannot be read|damaged|checksum|crc/i,
  },
  {
    title: 'a file of 0 bytes',
    file: 'empty.png',
    files: () => [{ name: 'empty.png', mimeType: 'image/png', buffer: Buffer.alloc(0) }],
    says: /empty|0 bytes|no bytes/i,
  },
  {
    title: 'an image of 20,000 x 20,000 pixels',
    file: 'huge.png',
    files: () => [hugePng('huge.png', 20_000, 20_000)],
    says: /20.?000/,
  },
  {
    title: 'a JSON that is not COCO',
    file: 'other.json',
    files: () => [text('other.json', '{"hello": "world"}')],
    says: /COCO/,
  },
  {
    title: 'a JSON that is none',
    file: 'broken.json',
    files: () => [text('broken.json', '{"images": [')],
    says: /JSON/,
  },
  {
    title: 'a box outside its image',
    file: 'outside.json',
    files: () => [
      tiff16('second.tif', piece(1).image),
      coco('outside.json', { 'second.tif': [[500, 500, 20, 20], ...boxes(piece(1).labels)] }, 96, 96),
    ],
    says: /outside/i,
  },
  {
    title: 'truth without an image',
    file: 'lonely.json',
    files: () => [coco('lonely.json', { 'never.png': [[1, 1, 5, 5]] }, 96, 96)],
    says: /never\.png/,
  },
  {
    title: 'an image without truth',
    file: 'blank.tif',
    files: () => [tiff16('blank.tif', piece(1).image)],
    says: /no truth/i,
  },
  {
    title: 'a file that is neither',
    file: 'notes.docx',
    files: () => [{ name: 'notes.docx', mimeType: 'application/octet-stream', buffer: Buffer.from('hello') }],
    says: /left out|neither|not an image|no image/i,
  },
];

test('each fault is one clear line, and the rest of the set still runs', async ({ desk, page }) => {
  await desk.open(SMALL);
  await desk.pick(...good(), ...FAULTS.flatMap(({ files }) => files()));
  await expect(desk.image).toHaveAttribute('aria-busy', 'true');
  await desk.settled();
  for (const { title, file, says } of FAULTS) {
    await test.step(title, async () => {
      const row = desk.problems
        .filter({ has: page.locator('th', { hasText: file }) })
        .filter({ hasText: says });
      await expect(row).toHaveCount(1);
      await expect(row.locator('td')).toContainText(file);
    });
  }
  expect(await desk.problems.count()).toBe(FAULTS.length);
  await desk.cases.getByRole('button', { name: 'good.tif' }).click();
  await page.getByRole('button', { name: 'This case' }).click();
  expect(await desk.count('true_positives')).toBeGreaterThan(0);
});

test('of two files with one name the first is kept and the second is told', async ({ desk, page }) => {
  await desk.open(SMALL);
  await desk.pick(...good());
  await desk.settled();
  await desk.pick(tiff16('good.tif', piece(2).image));
  await expect(desk.problems).toHaveCount(1);
  await expect(desk.problems).toContainText('good.tif');
  await expect(desk.problems).toContainText(/twice|two files/i);
  await desk.settled();
  await expect(page.getByTestId('metric-f1')).toHaveText(/\d/);
});

test('a weights file of another architecture is refused and the model stays', async ({ desk, page }) => {
  await desk.open(SMALL);
  const before = await desk.count('true_positives');
  const header = JSON.stringify({
    __metadata__: { format: 'pt' },
    'conv.weight': { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
  });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const buffer = Buffer.concat([length, Buffer.from(header), Buffer.alloc(4)]);
  await desk.pick({ name: 'other.safetensors', mimeType: 'application/octet-stream', buffer });
  const alert = page.getByRole('alert').filter({ hasText: 'other.safetensors' });
  await expect(alert).toHaveCount(1);
  await desk.settled();
  expect(await desk.count('true_positives')).toBe(before);
  // The engine still works.
  await desk.pick(...good());
  await desk.settled();
  expect(await desk.count('true_positives')).toBeGreaterThan(0);
});

/** Runs code in one of the page's two workers. */
async function inWorker(page: Page, name: 'desk' | 'engine' | 'assessor', code: () => void): Promise<void> {
  for (const worker of page.workers()) {
    if ((await worker.evaluate(() => self.name)) === name) await worker.evaluate(code);
  }
}

test('an engine that dies is told, started again, and the rest of the set runs', async ({ desk, page }) => {
  await desk.open(SMALL);
  // The next sign of progress is its last.
  await inWorker(page, 'engine', () => {
    const post = self.postMessage.bind(self);
    self.postMessage = (message: { type: string }, transfer?: unknown) => {
      post(message, transfer as never);
      if (message.type !== 'progress') return;
      setTimeout(() => {
        throw new WebAssembly.RuntimeError('unreachable');
      });
    };
  });
  await desk.pick(...[0, 1, 2].map((seed) => tiff16(`${seed}.tif`, piece(seed).image)));
  await expect(desk.problems.filter({ hasText: 'started again' })).toHaveCount(1);
  await expect(desk.cases).toContainText('3 of 3 done', { timeout: 60_000 });
  await expect(desk.cases.getByRole('cell', { name: 'failed' })).toHaveCount(1);
  await desk.settled();
  await desk.cases.getByRole('button', { name: '2.tif' }).click();
  await expect(desk.findings).not.toContainText('has not run');
});

test('a desk that dies on a file is started again without it, and nothing else is lost', async ({
  desk,
  page,
}) => {
  await desk.open(SMALL);
  const { image, labels } = piece(2);
  // The first files of a person's bring another desk, which reads every format; it is that one which dies.
  await desk.pick(tiff16('0.tif', image), png('0_mask.png', labels, 16));
  await desk.settled();
  await inWorker(page, 'desk', () => {
    const receive = self.onmessage;
    self.onmessage = (event) => {
      if (event.data.name === 'open' && event.data.args.path === '1.tif')
        throw new WebAssembly.RuntimeError('unreachable');
      receive?.call(self as never, event);
    };
  });
  await desk.pick(tiff16('1.tif', piece(1).image), tiff16('2.tif', image), png('2_mask.png', labels, 16));
  await expect(desk.problems.filter({ hasText: '1.tif' })).toContainText('made the reader fail');
  await expect(desk.cases).toContainText('3 of 3 done', { timeout: 60_000 });
  await desk.settled();
  await expect(desk.cases.getByRole('cell', { name: 'failed' })).toHaveCount(1);
  await expect(page.getByTestId('metric-f1')).toHaveText(/\d/);
});

test('an evaluation that cannot be stopped is ended, and the set stays open', async ({
  desk,
  guard,
  page,
}) => {
  await desk.open(SMALL);
  await desk.pick(...good());
  await desk.settled();
  const shown = await page.getByTestId('metric-f1').textContent();
  const dialog = page.getByRole('dialog', { name: 'Evaluation' });
  await guard.whileAsking(async () => {
    await page.getByRole('button', { name: /^Evaluate: / }).click();
    await expect(dialog.getByRole('option', { name: 'coco', exact: true })).toBeAttached();
  });
  await inWorker(page, 'assessor', () => {
    const receive = self.onmessage;
    self.onmessage = (event) => {
      const end = performance.now() + (event.data.name === 'assess' ? 30_000 : 0);
      while (performance.now() < end);
      receive?.call(self as never, event);
    };
  });
  await dialog.getByRole('button', { name: 'Evaluate', exact: true }).click();
  await expect(dialog).toContainText('Preparing');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog.getByRole('button', { name: 'Evaluate', exact: true })).toBeEnabled({ timeout: 5000 });
  await dialog.getByRole('button', { name: 'Evaluate', exact: true }).click();
  await expect(dialog.getByTestId('value-f1').first()).toHaveText(shown ?? '');
  await expect(dialog.getByRole('alert')).toHaveCount(0);
});
