//! Work on many cases or classes at once. Results come in the order of the input, whatever the number of threads; in
//! WebAssembly there is but one.

/// Cases that are worth a thread.
pub(crate) const CASES: usize = 64;

/// `of_chunk` of consecutive parts of `items`, given the place at which each part begins; the parts in order. Fewer
/// than `least` items are not worth a thread.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn map_chunks<T: Sync, R: Send>(
    items: &[T],
    least: usize,
    of_chunk: impl Fn(usize, &[T]) -> R + Sync,
) -> Vec<R> {
    let worth = items.len() / least.max(1);
    let threads = if worth > 1 { std::thread::available_parallelism().map_or(1, usize::from).min(worth) } else { 1 };
    if threads == 1 {
        return vec![of_chunk(0, items)];
    }
    let length = items.len().div_ceil(threads);
    let of_chunk = &of_chunk;
    std::thread::scope(|scope| {
        let rest = items.chunks(length).enumerate().skip(1);
        let spawned =
            rest.map(|(index, chunk)| scope.spawn(move || of_chunk(index * length, chunk))).collect::<Vec<_>>();
        let mut results = vec![of_chunk(0, items.get(..length).unwrap_or(items))];
        for thread in spawned {
            match thread.join() {
                Ok(result) => results.push(result),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    })
}

/// The same on one thread.
#[cfg(target_arch = "wasm32")]
pub(crate) fn map_chunks<T: Sync, R: Send>(
    items: &[T],
    least: usize,
    of_chunk: impl Fn(usize, &[T]) -> R + Sync,
) -> Vec<R> {
    let _ = least;
    vec![of_chunk(0, items)]
}

/// One result an item.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], least: usize, of_item: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let mut chunks = map_chunks(items, least, |_, chunk| chunk.iter().map(&of_item).collect::<Vec<_>>()).into_iter();
    let mut all = chunks.next().unwrap_or_default();
    all.extend(chunks.flatten());
    all
}

#[cfg(test)]
mod tests {
    use super::{map, map_chunks};

    #[test]
    fn the_order_is_that_of_the_input() {
        for length in [0_usize, 1, 63, 64, 129, 1000] {
            let items = (0..length).collect::<Vec<_>>();
            assert_eq!(map(&items, 10, |item| item * 3), items.iter().map(|item| item * 3).collect::<Vec<_>>());
            let places = map_chunks(&items, 10, |first, chunk| (first..first + chunk.len()).collect::<Vec<_>>());
            assert_eq!(places.concat(), items);
        }
    }
}
