/** The same slices by cornerstone's own loader, from the file to pixels with the rescale, as its viewers have them. */
import { imageLoader, init as startCore } from '@cornerstonejs/core';
import { init as startLoader, wadouri } from '@cornerstonejs/dicom-image-loader';
import { utilities } from '@cornerstonejs/metadata';

let isStarted = false;

/** Loads all slices, as many at a time as the loader likes, in as many workers as it takes by itself; counts the pixels. */
export async function byCornerstone(files) {
  if (!isStarted) {
    startCore();
    startLoader();
    isStarted = true;
  }
  const ids = files.map(([path, file]) => wadouri.fileManager.add(new File([file], path)));
  const images = await Promise.all(ids.map((id) => imageLoader.loadImage(id)));
  const pixels = images.reduce((sum, image) => sum + image.getPixelData().length, 0);
  // Nothing of a round is left for the next; a file that is removed leaves its number free for none.
  for (const id of ids) wadouri.fileManager.remove(Number(id.split(':')[1]));
  utilities.clearCacheData();
  return pixels;
}
