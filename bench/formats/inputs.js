/** What is read: made here, the same in every run. */

/** Numbers below 2^31 that look random: Lehmer's generator. */
export function randoms(seed) {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state;
  };
}

function element(group, number, representation, value) {
  const long = ['OB', 'OW', 'SQ', 'UN'].includes(representation);
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  const even = bytes.length + (bytes.length % 2);
  const head = long ? 12 : 8;
  const out = new Uint8Array(head + even).fill(representation === 'UI' ? 0 : 32, head);
  const view = new DataView(out.buffer);
  view.setUint16(0, group, true);
  view.setUint16(2, number, true);
  out.set(new TextEncoder().encode(representation), 4);
  if (long) view.setUint32(8, even, true);
  else view.setUint16(6, even, true);
  out.set(bytes, head);
  return out;
}

const short = (value) => new Uint8Array(new Uint16Array([value]).buffer);

/** A CT slice of `side` x `side` signed 16-bit pixels, explicit little endian, uncompressed. */
function slice(index, side) {
  const next = randoms(index + 1);
  const pixels = Int16Array.from({ length: side * side }, () => (next() % 2400) - 1000);
  const name = `2.25.${1000 + index}`;
  const meta = [
    element(2, 1, 'OB', new Uint8Array([0, 1])),
    element(2, 2, 'UI', '1.2.840.10008.5.1.4.1.1.2'),
    element(2, 3, 'UI', name),
    element(2, 0x10, 'UI', '1.2.840.10008.1.2.1'),
  ];
  const length = meta.reduce((sum, part) => sum + part.length, 0);
  const parts = [
    new Uint8Array(128),
    new TextEncoder().encode('DICM'),
    element(2, 0, 'UL', new Uint8Array(new Uint32Array([length]).buffer)),
    ...meta,
    element(8, 0x16, 'UI', '1.2.840.10008.5.1.4.1.1.2'),
    element(8, 0x18, 'UI', name),
    element(8, 0x60, 'CS', 'CT'),
    element(0x20, 0x0e, 'UI', '2.25.7'),
    element(0x20, 0x13, 'IS', String(index + 1)),
    element(0x20, 0x32, 'DS', `0\\0\\${index}`),
    element(0x20, 0x37, 'DS', '1\\0\\0\\0\\1\\0'),
    element(0x28, 2, 'US', short(1)),
    element(0x28, 4, 'CS', 'MONOCHROME2'),
    element(0x28, 0x10, 'US', short(side)),
    element(0x28, 0x11, 'US', short(side)),
    element(0x28, 0x30, 'DS', '0.7\\0.7'),
    element(0x28, 0x100, 'US', short(16)),
    element(0x28, 0x101, 'US', short(16)),
    element(0x28, 0x102, 'US', short(15)),
    element(0x28, 0x103, 'US', short(1)),
    element(0x28, 0x1050, 'DS', '40'),
    element(0x28, 0x1051, 'DS', '400'),
    element(0x28, 0x1052, 'DS', '0'),
    element(0x28, 0x1053, 'DS', '1'),
    element(0x7fe0, 0x10, 'OW', new Uint8Array(pixels.buffer)),
  ];
  return new Blob(parts);
}

/** A CT scan: slices by their names. */
export const stack = (slices, side) =>
  Array.from({ length: slices }, (_, index) => [`${index}.dcm`, slice(index, side)]);

/** A photograph's worth of structure: gradients, edges and some noise, as a browser compresses it. */
export async function photograph(width, height) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  const next = randoms(11);
  const colour = () => `hsl(${next() % 360} ${20 + (next() % 60)}% ${20 + (next() % 60)}%)`;
  for (let index = 0; index < 4000; index += 1) {
    const [x, y, radius] = [next() % width, next() % height, 8 + (next() % 220)];
    const shade = context.createRadialGradient(x, y, 1, x, y, radius);
    shade.addColorStop(0, colour());
    shade.addColorStop(1, 'transparent');
    context.fillStyle = shade;
    context.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
  }
  const image = context.getImageData(0, 0, width, height);
  for (let index = 0; index < image.data.length; index += 1) {
    if (index % 4 !== 3) image.data[index] += (next() % 9) - 4;
  }
  context.putImageData(image, 0, 0);
  return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 });
}

/** COCO annotations of about `bytes` bytes: boxes, and polygons of 12 corners. */
export function annotations(bytes) {
  const next = randoms(5);
  const parts = [];
  let size = 0;
  const add = (text) => {
    parts.push(text);
    size += text.length;
  };
  add('{"categories":[{"id":1,"name":"cell"},{"id":2,"name":"debris"}],"images":[');
  const images = 5000;
  for (let id = 1; id <= images; id += 1) {
    add(`${id > 1 ? ',' : ''}{"id":${id},"file_name":"image_${id}.png","width":1024,"height":1024}`);
  }
  add('],"annotations":[');
  for (let id = 1; size < bytes; id += 1) {
    const [x, y, width, height] = [next() % 900, next() % 900, 10 + (next() % 100), 10 + (next() % 100)];
    const corners = Array.from({ length: 12 }, (_, corner) => {
      const angle = (corner * Math.PI) / 6;
      const [across, down] = [Math.cos(angle), Math.sin(angle)];
      return `${(x + (width * (1 + across)) / 2).toFixed(2)},${(y + (height * (1 + down)) / 2).toFixed(2)}`;
    });
    add(
      `${id > 1 ? ',' : ''}{"id":${id},"image_id":${1 + (id % images)},"category_id":${1 + (id % 2)},"iscrowd":0,"area":${width * height},"bbox":[${x},${y},${width},${height}],"segmentation":[[${corners.join(',')}]]}`,
    );
  }
  add(']}');
  return new TextEncoder().encode(parts.join(''));
}
