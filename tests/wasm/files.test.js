import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { deflateSync, inflateRawSync } from 'node:zlib';
import { CaseSet, definitions, initSync } from '../../pkg/desk/groundglass_desk.js';
import { CaseSet as Intake, initSync as initIntake } from '../../pkg/intake/groundglass_intake.js';

const at = (path) => new URL(`../../${path}`, import.meta.url);
const golden = (path) => readFileSync(at(`tests/reference/formats/${path}`));
const bytes = (content) => new TextEncoder().encode(JSON.stringify(content));
const options = { score_threshold: 0.5, iou_threshold: 0.5, region: 'mask' };
let memory;

/** A file of a browser, as far as the modules use it; Node can read its own blobs only by waiting. */
class Slices extends Blob {
  constructor(bytes) {
    super();
    this.bytes = bytes;
  }

  get size() {
    return this.bytes.length;
  }

  slice(from, to) {
    return new Slices(this.bytes.subarray(from, to));
  }
}

globalThis.FileReaderSync = class {
  readAsArrayBuffer = ({ bytes }) => Uint8Array.from(bytes).buffer;
};

/** The packed size and the place of a file, from its entry; what is as large as can be stands in the entry's end (4.5.3). */
function sizes(entry) {
  const plain = [24, 20, 42].map((place) => entry.readUInt32LE(place));
  let at = 46 + entry.readUInt16LE(28);
  while (at < entry.length && entry.readUInt16LE(at) !== 1) at += 4 + entry.readUInt16LE(at + 2);
  at += 4;
  const [, packed, head] = plain.map((value) => {
    if (value !== 0xffffffff) return value;
    at += 8;
    return Number(entry.readBigUInt64LE(at - 8));
  });
  return [packed, head];
}

/** The files of a zip by its central directory (APPNOTE 4.3.12), each unpacked. */
async function unzipped(blob) {
  const zip = Buffer.from(await blob.arrayBuffer());
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  const files = {};
  let at = zip.readUInt32LE(end + 16);
  for (let count = zip.readUInt16LE(end + 10); count > 0; count -= 1) {
    const method = zip.readUInt16LE(at + 10);
    const lengths = [28, 30, 32].map((place) => zip.readUInt16LE(at + place));
    const name = zip.toString('utf8', at + 46, at + 46 + lengths[0]);
    const [packed, head] = sizes(zip.subarray(at, at + 46 + lengths[0] + lengths[1]));
    assert.equal(zip.toString('latin1', head, head + 4), 'PK\x03\x04', name);
    const start = head + 30 + zip.readUInt16LE(head + 26) + zip.readUInt16LE(head + 28);
    const bytes = zip.subarray(start, start + packed);
    files[name] = method === 0 ? bytes : inflateRawSync(bytes);
    at += 46 + lengths[0] + lengths[1] + lengths[2];
  }
  return files;
}

/** A set of files as the page opens it: plan, label maps, images by their headers. */
function opened(files) {
  const set = new Intake();
  const plan = set.plan(Object.keys(files));
  for (const path of plan.annotations) set.add_annotations(path, files[path], {});
  for (const { path, image } of plan.label_maps) set.add_label_map(image, path, files[path]);
  for (const path of plan.label_volumes) set.add_label_volume(path, files[path]);
  for (const path of plan.images) {
    if (set.add_object(path, new Slices(files[path])) !== undefined) continue;
    if (set.look(path, new Slices(files[path])).length > 0) set.take_header(path, new Slices(files[path]));
  }
  return set;
}

const from = (files) => (path) => (files[path] === undefined ? undefined : new Slices(files[path]));
const written = (name) => readFileSync(new URL(`written/${name}`, import.meta.url));
const reference = (path) => readFileSync(at(`tests/reference/${path}`));

/** Goes through the steps of a set that is written. */
function steps(writing) {
  let count = 1;
  let before = 0;
  while (writing.advance()) {
    assert.ok(writing.done >= before && writing.done <= writing.total);
    before = writing.done;
    count += 1;
  }
  assert.equal(writing.done, writing.total);
  return { problems: writing.problems, file: writing.finish(), steps: count };
}

/** A NumPy array of noise, which no packing makes smaller. */
function noise(width, height) {
  const words = `{'descr': '<u2', 'fortran_order': False, 'shape': (${height}, ${width}), }`;
  const head = Buffer.from(`\x93NUMPY\x01\x00\x76\x00${words.padEnd(117)}\n`, 'latin1');
  const samples = new Uint16Array(width * height);
  let state = 7;
  for (let index = 0; index < samples.length; index += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    samples[index] = state >>> 16;
  }
  return Buffer.concat([head, Buffer.from(samples.buffer)]);
}

before(() => {
  initIntake({ module: readFileSync(at('pkg/intake/groundglass_intake_bg.wasm')) });
  memory = initSync({ module: readFileSync(at('pkg/desk/groundglass_desk_bg.wasm')) }).memory;
});

/** FNV-1a, as in the phantoms' own tests. */
function fingerprint(samples) {
  let hash = 0xcbf29ce484222325n;
  for (const sample of samples) hash = BigInt.asUintN(64, (hash ^ BigInt(sample)) * 0x100000001b3n);
  return hash;
}

/** A PNG whose header says that it is this large and whose data are a few bytes. */
function pngOfSize(width, height) {
  const chunk = (kind, data) => {
    const buffer = Buffer.alloc(12 + data.length);
    buffer.writeUInt32BE(data.length);
    buffer.write(kind, 4, 'latin1');
    Buffer.from(data).copy(buffer, 8);
    return buffer;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(9))),
    chunk('IEND', []),
  ]);
}

const COCO = {
  images: [{ id: 4, file_name: 'grey8.png', width: 23, height: 17 }],
  categories: [{ id: 2, name: 'cell' }],
  annotations: [
    { id: 1, image_id: 4, category_id: 2, bbox: [2, 2, 6, 5], segmentation: [[2, 2, 8, 2, 8, 7, 2, 7]] },
    { id: 2, image_id: 4, category_id: 2, bbox: [90, 2, 5, 5] },
  ],
};

test('phantoms are the same bit for bit as outside of WebAssembly', () => {
  const of = (kind) => fingerprint(new CaseSet().add_phantom({ kind, seed: 7 }).samples());
  assert.equal(of('shape'), 2295564188544190746n);
  assert.equal(of('pattern'), 2295564188544190746n);
  assert.equal(of('size'), 13424317428017088151n);
});

test('images have the samples of their writers', () => {
  const listing = JSON.parse(golden('images/images.json'));
  const set = new CaseSet();
  for (const [name, { width, height, channels, bits }] of Object.entries(listing)) {
    const image = set.add_image(name, golden(`images/${name}`));
    assert.deepEqual(
      [image.width, image.height, image.channels, image.bits],
      [width, height, channels, bits],
      name,
    );
    assert.equal(image.rgba().length, width * height * 4, name);
    if (name.endsWith('.jpg')) continue;
    const samples = image.samples();
    assert.deepEqual(
      Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength),
      golden(`images/${name}.raw`),
      name,
    );
  }
});

test('a long file of annotations comes in pieces and is read as a short one', () => {
  const short = bytes(COCO);
  // Held up to 128 MiB; white space makes it longer, here between the first bracket and all that it holds.
  const long = new Uint8Array((128 << 20) + short.length).fill(32);
  long.set(short.subarray(0, 1));
  long.set(short.subarray(1), long.length - short.length + 1);
  const seen = [new Slices(short), new Slices(long), short].map((file) => {
    const set = new Intake();
    const problems = set.add_annotations('truth.json', file, {});
    set.add_image('grey8.png', golden('images/grey8.png'));
    const { length } = Object.values(set.data())[0];
    return [problems, set.truth('grey8.png'), length];
  });
  assert.ok(seen[0][1].regions.length > 0);
  assert.deepEqual(seen[1], seen[0]);
  assert.deepEqual(seen[2], seen[0]);
});

test('a set is planned, read and evaluated, and what is wrong with a part of it comes back', () => {
  const set = new CaseSet();
  const plan = set.plan([
    'set/grey8.png',
    'set/truth.json',
    'set/notes.docx',
    'set/rgb8.png',
    'set/rgb8_mask.png',
  ]);
  assert.deepEqual(plan.images, ['set/grey8.png', 'set/rgb8.png']);
  assert.deepEqual(plan.annotations, ['set/truth.json']);
  assert.deepEqual(plan.label_maps, [{ path: 'set/rgb8_mask.png', image: 'set/rgb8.png' }]);
  assert.deepEqual(
    plan.problems.map(({ file }) => file),
    ['set/notes.docx'],
  );

  const [problem, ...others] = set.add_annotations('set/truth.json', bytes(COCO), {});
  assert.deepEqual(others, []);
  assert.equal(
    problem.message,
    'set/truth.json: annotations[1] (id 2) is left out: its box [90, 2, 5, 5] lies outside "grey8.png" of 23 x 17 pixels',
  );
  set.add_image('set/grey8.png', golden('images/grey8.png'));
  set.add_image('set/rgb8.png', golden('images/rgb8.png'));
  assert.deepEqual(
    set.add_label_map('set/rgb8.png', 'set/rgb8_mask.png', golden('label_maps/labels16.png')),
    [],
  );
  const { sentence, problems } = set.understood([]);
  assert.deepEqual(problems, []);
  assert.equal(sentence, '2 images, 1 COCO annotations file, 1 label map, 2 classes, 1 reader');
  assert.deepEqual(set.cases(), [
    { name: 'set/grey8.png', width: 23, height: 17, truths: 1, findings: null },
    { name: 'set/rgb8.png', width: 23, height: 17, truths: 4, findings: null },
  ]);

  const [{ region }] = set.truth('set/grey8.png').regions;
  set.set_findings('set/grey8.png', [{ label: 'cell', score: 0.9, region }]);
  set.set_findings('set/rgb8.png', []);
  const { counts, cases } = set.evaluate(options);
  assert.deepEqual(counts, { true_positives: 1, false_positives: 0, false_negatives: 4 });
  assert.deepEqual(
    cases.map(({ f1 }) => f1),
    [{ value: 1 }, { value: 0 }],
  );
  assert.deepEqual(set.view('set/rgb8.png', options).truths[0], {
    index: 0,
    status: 'missed',
    finding: null,
  });

  const [result] = JSON.parse(set.predictions_json());
  assert.deepEqual([result.image_id, result.category_id, result.file_name], [4, 2, 'set/grey8.png']);
  assert.deepEqual(result.segmentation.size, [17, 23]);
  const { data } = JSON.parse(set.report_json(options, {}));
  assert.deepEqual(Object.keys(data).sort(), [
    'set/grey8.png',
    'set/rgb8.png',
    'set/rgb8_mask.png',
    'set/truth.json',
  ]);
});

test('truth that comes after findings leaves them be', () => {
  const set = new CaseSet();
  set.add_image('grey8.png', golden('images/grey8.png'));
  set.set_findings('grey8.png', []);
  assert.equal(set.truth('grey8.png'), undefined);
  set.add_annotations('truth.json', bytes(COCO), {});
  assert.deepEqual(set.cases()[0], { name: 'grey8.png', width: 23, height: 17, truths: 1, findings: 0 });
});

test('an image of 20,000 x 20,000 is refused without taking memory for it', () => {
  const set = new CaseSet();
  const size = memory.buffer.byteLength;
  assert.throws(() => set.add_image('huge.png', pngOfSize(20_000, 20_000)), {
    kind: 'too_large',
    file: 'huge.png',
    message: 'huge.png has 20000 x 20000 pixels (400 megapixels), more than the limit of 100 megapixels',
  });
  assert.ok(memory.buffer.byteLength - size < 1 << 20);
});

test('what is thrown says kind, file, place and message', () => {
  const set = new CaseSet();
  const cut = golden('images/rgb8.png').subarray(0, 100);
  assert.throws(() => set.add_image('cut.png', cut), {
    name: 'GroundglassError',
    kind: 'truncated',
    file: 'cut.png',
    place: 'byte 100',
    message: 'cut.png is cut short: the PNG data end at byte 100, before the image is complete',
  });
  assert.throws(() => set.add_phantom({ width: 0 }), { kind: 'phantom' });
  assert.throws(() => set.add_phantom({ kind: 'square' }), { kind: 'argument', message: /square/ });
  assert.throws(() => set.evaluate({ ...options, iou_threshold: 2 }), { kind: 'metrics' });
  assert.throws(() => set.set_findings('nobody.png', []), { kind: 'metrics', message: /nobody\.png/ });
});

test('every metric that is reported is defined', () => {
  const set = new CaseSet();
  const { name } = set.add_phantom({ seed: 1 });
  set.set_findings(name, []);
  const defined = definitions().map(({ id }) => id);
  assert.ok(set.evaluate(options).values.every(({ id }) => defined.includes(id)));
});

// Made with: groundglass convert --from ct1.dcm ct2.dcm ct3.dcm seg_binary.dcm --to dicom-seg --out OUT
test('a DICOM segmentation has the bytes that the command writes', async () => {
  const names = ['ct1.dcm', 'ct2.dcm', 'ct3.dcm', 'seg_binary.dcm'];
  const files = Object.fromEntries(names.map((name) => [name, reference(`dicom/objects/${name}`)]));
  const set = opened(files);
  const forms = new Map(set.written_forms().map(({ id, why_not }) => [id, why_not]));
  assert.equal(forms.get('dicom_seg'), null);
  assert.match(forms.get('nifti'), /none of these images is one/);
  const made = steps(set.written('dicom_seg', false, from(files)));
  assert.deepEqual(await unzipped(made.file), { 'segmentations/ct1.dcm': written('ct1.dcm') });
  assert.deepEqual([made.problems, made.steps], [[], 5]);
  assert.throws(() => steps(set.written('dicom_seg', true, from(files))), {
    kind: 'nothing',
    message: /nothing to write as segmentations/,
  });
  // Without its images nothing can be drawn on them.
  assert.throws(() => steps(set.written('dicom_seg', false, () => undefined)), { kind: 'nothing' });
});

test('a label volume is laid on the images that lie in its planes', () => {
  const expected = JSON.parse(reference('dicom/volumes/volumes.json').toString()).sagittal;
  const files = { 's/segmentation.nrrd': reference('dicom/volumes/sagittal_itk.nrrd') };
  for (const name of Object.keys(expected)) files[`s/mr/${name}`] = reference(`dicom/volumes/${name}`);
  const set = opened(files);
  for (const [name, values] of Object.entries(expected)) {
    const area = ({ counts }) => counts.reduce((sum, run, place) => sum + (place % 2) * run, 0);
    const areas = set.truth(`s/mr/${name}`).regions.map(({ region }) => area(region.mask));
    assert.deepEqual(
      areas,
      Object.values(values).map(({ length }) => length),
      name,
    );
  }
  assert.match(
    set
      .understood([])
      .problems.map(({ message }) => message)
      .join(),
    /is laid on 4 images/,
  );
});

// Made with: groundglass convert --from images labels --to nifti --out OUT
test('label volumes have the bytes that the command writes', async () => {
  const scan = reference('images/files/labels.nii');
  const files = { 'images/scan.nii': scan, 'labels/scan.nii': scan };
  const set = opened(files);
  const made = steps(set.written('nifti', false, from(files)));
  assert.deepEqual(await unzipped(made.file), {
    'labels/images/scan.nii.gz': written('scan.nii.gz'),
    'classes.json': written('classes.json.golden'),
  });
});

test('a bundle is written in pieces and opens again to the same cases, findings, state and report', async () => {
  const files = {
    'a.png': golden('images/grey8.png'),
    // Larger than what is gathered before the browser takes it.
    'b.npy': noise(1600, 1600),
    'truth.json': bytes({ ...COCO, images: [{ ...COCO.images[0], file_name: 'a.png' }] }),
  };
  const set = opened(files);
  const [{ region }] = set.truth('a.png').regions;
  set.set_findings('a.png', [{ label: 'cell', score: 0.123456789, region }]);
  const report = set.report_json(options, {});
  const state = JSON.stringify({ score_threshold: 0.35, case: 'b.npy' });
  for (const images of [undefined, from(files)]) {
    const writing = set.bundle(state, report, images);
    let count = 1;
    while (writing.advance(1 << 20)) count += 1;
    const [done, total] = [writing.done, writing.total];
    assert.equal(done, total);
    const made = await unzipped(writing.finish());
    const names = Object.keys(made).filter((name) => name.startsWith('images/'));
    if (images === undefined) assert.deepEqual(names, []);
    else {
      assert.deepEqual(names, ['images/a.png', 'images/b.npy']);
      for (const name of names) assert.ok(made[name].equals(files[name.slice(7)]), name);
      assert.ok(count >= 12 && total > 5_120_000);
    }
    const within = Object.entries(made).map(([name, content]) => [`x.zip/${name}`, content]);
    const again = opened(Object.fromEntries(within));
    assert.deepEqual(again.cases(), set.cases());
    assert.deepEqual(again.findings('a.png'), set.findings('a.png'));
    assert.deepEqual(again.data(), set.data());
    assert.equal(again.predictions_json(), set.predictions_json());
    assert.deepEqual(JSON.parse(again.bundle_state()), JSON.parse(state));
    assert.deepEqual(JSON.parse(again.bundle_report()), JSON.parse(report));
    const now = JSON.parse(again.report_json(options, {}));
    assert.deepEqual([now.counts, now.values], [JSON.parse(report).counts, JSON.parse(report).values]);
    assert.equal(again.understood([]).unseen, images === undefined ? 2 : 0);
  }
});

test('what is written is of the set as it was when it was asked for, and may be let go at any step', async () => {
  const files = {
    'a.png': golden('images/grey8.png'),
    'truth.json': bytes({ ...COCO, images: [{ ...COCO.images[0], file_name: 'a.png' }] }),
  };
  const set = opened(files);
  const [{ region }] = set.truth('a.png').regions;
  set.set_findings('a.png', [{ label: 'cell', score: 0.5, region }]);
  for (const { id } of set.written_forms()) {
    const left = set.written(id, false, from(files));
    left.advance();
    left.free();
  }
  const bundle = set.bundle('{}', undefined, from(files));
  bundle.advance(1);
  bundle.free();
  const before = await unzipped(steps(set.written('coco', true, from(files))).file);
  const writing = set.written('coco', true, from(files));
  writing.advance();
  set.clear_findings();
  assert.deepEqual(await unzipped(steps(writing).file), before);
  assert.throws(() => steps(set.written('voc', true, from(files))), { kind: 'nothing' });
  const last = set.written('coco', false, from(files));
  set.free();
  assert.deepEqual(Object.keys(await unzipped(steps(last).file)), ['truth.json']);
});

test('the image of a case of a bundle is met by its hash, and one of another size is not taken', () => {
  const files = { 'a.png': golden('images/grey8.png'), 'truth.json': bytes(COCO) };
  const bundle = { schema: 'groundglass.bundle/1', cases: [{ name: 'a.png', width: 23, height: 17 }] };
  bundle.cases[0].sha256 = opened(files).data()['a.png'];
  const set = opened({ 'groundglass-bundle.json': bytes(bundle), 'elsewhere/b.png': files['a.png'] });
  assert.deepEqual(set.look('elsewhere/b.png', new Slices(files['a.png'])), ['a.png']);
  const image = set.add_frame('elsewhere/b.png', new Slices(files['a.png']), 0);
  assert.deepEqual([image.name, image.width], ['a.png', 23]);
  assert.equal(set.understood([]).unseen, 0);

  const other = opened({ 'groundglass-bundle.json': bytes(bundle), 'a.png': pngOfSize(9, 9) });
  assert.equal(other.understood([]).unseen, 1);
  assert.match(other.understood([]).problems[0].message, /^a\.png has .* but the case a\.png has 23 x 17/);
});
