/** The contestants. Each reads its input once, from the blob to values in JavaScript's hands. */

import { alternating } from '/alternating.js';
import dcmjs from '/dcmjs/dcmjs.es.js';
import { annotations, photograph, stack } from '/inputs.js';
import init, { CaseSet } from '/pkg/intake/groundglass_intake.js';

const ready = init();

/** Decodes every frame of files and takes its pixels out. */
function decoded(files) {
  const set = new CaseSet();
  let pixels = 0;
  for (const [path, file] of files) {
    const names = set.look(path, file);
    for (let index = 0; index < names.length; index += 1) {
      const image = set.add_frame(path, file, index);
      pixels += image.samples().length;
      image.free();
    }
  }
  set.free();
  return pixels;
}

/** The same pixels by dcmjs, with the rescale that it leaves to its caller. */
async function byDcmjs(files) {
  let pixels = 0;
  for (const [, file] of files) {
    const { dict } = dcmjs.data.DicomMessage.readFile(await file.arrayBuffer());
    const { PixelData, RescaleSlope, RescaleIntercept } =
      dcmjs.data.DicomMetaDictionary.naturalizeDataset(dict);
    const buffer = Array.isArray(PixelData) ? PixelData[0] : PixelData;
    pixels += Float32Array.from(
      new Int16Array(buffer),
      (value) => value * Number(RescaleSlope) + Number(RescaleIntercept),
    ).length;
  }
  return pixels;
}

async function byBrowser(file) {
  const bitmap = await createImageBitmap(file);
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, width, height).data.length / 4;
}

async function bitmapAlone(file) {
  const bitmap = await createImageBitmap(file);
  const count = bitmap.width * bitmap.height;
  bitmap.close();
  return count;
}

function annotated(bytes) {
  const set = new CaseSet();
  const problems = set.add_annotations('truth.json', bytes, {});
  set.free();
  if (problems.length > 0) throw new Error(problems[0].message);
  return bytes.length;
}

/** What is read, by name: ours and theirs; both give how much they read, which must be the same. */
async function pairs({ slices, side, width, height, bytes }) {
  const scan = stack(slices, side);
  const photo = await photograph(width, height);
  const text = annotations(bytes);
  return {
    [`${slices} CT slices of ${side} x ${side}, against dcmjs`]: [() => decoded(scan), () => byDcmjs(scan)],
    [`JPEG of ${width} x ${height}, against createImageBitmap and getImageData`]: [
      () => decoded([['photo.jpg', photo]]) / 3,
      () => byBrowser(photo),
    ],
    [`JPEG of ${width} x ${height}, against createImageBitmap alone, whose pixels stay in the browser`]: [
      () => decoded([['photo.jpg', photo]]) / 3,
      () => bitmapAlone(photo),
    ],
    [`COCO annotations of ${Math.round(text.length / 1e6)} MB, against JSON.parse`]: [
      () => annotated(text),
      () => (JSON.parse(new TextDecoder().decode(text)).annotations.length > 0 ? text.length : 0),
    ],
  };
}

globalThis.onmessage = async ({ data }) => {
  await ready;
  // The page holds these files itself, because what it measures beside this needs a page.
  if (data.files !== undefined) globalThis.postMessage(decoded(data.files));
  else globalThis.postMessage(await alternating(await pairs(data), data.rounds));
};
