/** Small image files, made by the tests themselves: encoders of a few lines, apart from the decoders under test. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { DIST } from './server';

/** A grey image of 16-bit samples, row by row. */
export interface Grey {
  width: number;
  height: number;
  samples: Uint16Array;
}

/** A file as Playwright hands it to an input. */
export interface TestFile {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  return crc;
});

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (CRC_TABLE[(crc ^ byte) & 255] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

function chunk(type: string, data: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(data.length, 0);
  head.write(type, 4, 'latin1');
  const tail = Buffer.alloc(4);
  tail.writeUInt32BE(crc32(Buffer.concat([head.subarray(4), data])), 0);
  return Buffer.concat([head, data, tail]);
}

/** A grey PNG (PNG specification, section 11): 8 bits from the upper half of each sample, or all 16. */
export function png(name: string, { width, height, samples }: Grey, bits: 8 | 16 = 8): TestFile {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.writeUInt8(bits, 8);
  const row = (width * bits) / 8 + 1;
  const raw = Buffer.alloc(row * height);
  samples.forEach((sample, index) => {
    const [x, y] = [index % width, Math.floor(index / width)];
    if (bits === 8) raw.writeUInt8(sample >> 8, y * row + 1 + x);
    else raw.writeUInt16BE(sample, y * row + 1 + 2 * x);
  });
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const parts = [chunk('IHDR', header), chunk('IDAT', deflateSync(raw)), chunk('IEND', Buffer.alloc(0))];
  return { name, mimeType: 'image/png', buffer: Buffer.concat([signature, ...parts]) };
}

/** The first bytes of a PNG that says it is this large; no pixel follows. */
export function hugePng(name: string, width: number, height: number): TestFile {
  const small = png(name, { width: 1, height: 1, samples: Uint16Array.of(0) });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.writeUInt8(8, 8);
  const rest = small.buffer.subarray(8 + 25);
  return { ...small, buffer: Buffer.concat([small.buffer.subarray(0, 8), chunk('IHDR', header), rest]) };
}

/** A little-endian TIFF (revision 6.0, section 4) of one uncompressed strip of 16-bit samples. */
export function tiff16(name: string, { width, height, samples }: Grey): TestFile {
  const LONG = 4;
  const SHORT = 3;
  const entries: [number, number, number][] = [
    [256, LONG, width],
    [257, LONG, height],
    [258, SHORT, 16],
    [259, SHORT, 1],
    [262, SHORT, 1],
    [273, LONG, 0],
    [277, SHORT, 1],
    [278, LONG, height],
    [279, LONG, samples.length * 2],
  ];
  const pixelsAt = 8 + 2 + entries.length * 12 + 4;
  const buffer = Buffer.alloc(pixelsAt + samples.length * 2);
  buffer.write('II', 0, 'latin1');
  buffer.writeUInt16LE(42, 2);
  buffer.writeUInt32LE(8, 4);
  buffer.writeUInt16LE(entries.length, 8);
  entries.forEach(([tag, type, value], index) => {
    const at = 10 + index * 12;
    buffer.writeUInt16LE(tag, at);
    buffer.writeUInt16LE(type, at + 2);
    buffer.writeUInt32LE(1, at + 4);
    buffer.writeUInt32LE(tag === 273 ? pixelsAt : value, at + 8);
  });
  samples.forEach((sample, index) => {
    buffer.writeUInt16LE(sample, pixelsAt + index * 2);
  });
  return { name, mimeType: 'image/tiff', buffer };
}

export const text = (name: string, content: string): TestFile => ({
  name,
  mimeType: 'application/json',
  buffer: Buffer.from(content),
});

/** An archive of files, as POSIX has it (ustar). */
export function tar(name: string, files: TestFile[]): TestFile {
  const blocks = files.flatMap(({ name: path, buffer }) => {
    const header = Buffer.alloc(512);
    header.write(path, 0);
    header.write('0000644\0', 100);
    header.write(`${buffer.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('        0', 148);
    header.write('ustar\u000000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, buffer, Buffer.alloc((512 - (buffer.length % 512)) % 512)];
  });
  return { name, mimeType: 'application/x-tar', buffer: Buffer.concat([...blocks, Buffer.alloc(1024)]) };
}

/** COCO annotations of boxes, `[x, y, width, height]`, by image. */
export function coco(
  name: string,
  boxes: Record<string, number[][]>,
  width: number,
  height: number,
): TestFile {
  const names = Object.keys(boxes);
  const images = names.map((file_name, index) => ({ id: index + 1, file_name, width, height }));
  const annotations = names.flatMap((file, image) =>
    (boxes[file] ?? []).map((bbox, index) => ({
      id: 1000 * image + index + 1,
      image_id: image + 1,
      category_id: 1,
      bbox,
      area: (bbox[2] ?? 0) * (bbox[3] ?? 0),
      iscrowd: 0,
    })),
  );
  return text(name, JSON.stringify({ images, annotations, categories: [{ id: 1, name: 'nucleus' }] }));
}

/** A piece of a microscope image and its label map. */
export interface Piece {
  image: Grey;
  labels: Grey;
}

const SAMPLE = join(DIST, 'samples/nuclei');
const SIDE = 512;

/** Whether the site has the bundled real image; without a package registry it has not. */
export const hasSample = existsSync(join(SAMPLE, 'image.tif'));

/** The bundled files are one uncompressed strip of 16-bit samples at the end of the file. */
function samplePixels(name: string): Uint16Array {
  const bytes = readFileSync(join(SAMPLE, name));
  const start = bytes.length - SIDE * SIDE * 2;
  return Uint16Array.from({ length: SIDE * SIDE }, (_, index) => bytes.readUInt16LE(start + index * 2));
}

function cut(pixels: Uint16Array, left: number, top: number, side: number): Grey {
  const samples = Uint16Array.from(
    { length: side * side },
    (_, index) => pixels[(top + Math.floor(index / side)) * SIDE + left + (index % side)] ?? 0,
  );
  return { width: side, height: side, samples };
}

/** Bright discs on a dark ground, where there is no real image. */
function drawnPiece(side: number, seed: number): Piece {
  const image: Grey = { width: side, height: side, samples: new Uint16Array(side * side).fill(1500) };
  const labels: Grey = { width: side, height: side, samples: new Uint16Array(side * side) };
  const cell = 32;
  let label = 0;
  for (let row = 0; row < Math.floor(side / cell); row += 1) {
    for (let column = 0; column < Math.floor(side / cell); column += 1) {
      if ((row + column + seed) % 3 === 0) continue;
      label += 1;
      const [x0, y0] = [column * cell + 16 + (seed % 3), row * cell + 16];
      for (let y = y0 - 9; y <= y0 + 9; y += 1) {
        for (let x = x0 - 9; x <= x0 + 9; x += 1) {
          if ((x - x0) ** 2 + (y - y0) ** 2 > 81 || x < 0 || y < 0 || x >= side || y >= side) continue;
          image.samples[y * side + x] = 30000 - 150 * ((x - x0) ** 2 + (y - y0) ** 2);
          labels.samples[y * side + x] = label;
        }
      }
    }
  }
  return { image, labels };
}

/** A square of the bundled image with its truth; each `seed` is another square. */
export function piece(seed: number, side = 96): Piece {
  if (!hasSample) return drawnPiece(side, seed);
  const steps = Math.floor(SIDE / side);
  const [left, top] = [(seed % steps) * side, (Math.floor(seed / steps) % steps) * side];
  return {
    image: cut(samplePixels('image.tif'), left, top, side),
    labels: cut(samplePixels('labels.tif'), left, top, side),
  };
}

/** Samples spread over all 16 bits, as an 8-bit file shows them best. */
export function stretched({ width, height, samples }: Grey): Grey {
  const most = samples.reduce((a, b) => Math.max(a, b), 1);
  return { width, height, samples: samples.map((sample) => Math.floor((sample / most) * 65535)) };
}

/** The tight box around each label. */
export function boxes({ width, samples }: Grey): number[][] {
  const edges = new Map<number, [number, number, number, number]>();
  samples.forEach((label, index) => {
    if (label === 0) return;
    const [x, y] = [index % width, Math.floor(index / width)];
    const [x0, y0, x1, y1] = edges.get(label) ?? [x, y, x, y];
    edges.set(label, [Math.min(x0, x), Math.min(y0, y), Math.max(x1, x), Math.max(y1, y)]);
  });
  return [...edges.values()].map(([x0, y0, x1, y1]) => [x0, y0, x1 - x0 + 1, y1 - y0 + 1]);
}
