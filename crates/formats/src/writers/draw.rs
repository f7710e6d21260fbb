//! Masks onto numbered pixels.

use groundglass_types::Mask;

/// Gives the pixels of a mask a value where they have none, on a picture of its size, row by row. Says whether some had
/// one, and whether some were free.
pub fn draw(mask: &Mask, value: u16, pixels: &mut [u16]) -> (bool, bool) {
    let (mut covered, mut drawn) = (false, false);
    for place in mask.runs().flat_map(|(start, end)| start..end) {
        let place = place as usize;
        // Runs go down the columns, a picture along the rows.
        let at = place % mask.height().max(1) * mask.width() + place / mask.height().max(1);
        match pixels.get_mut(at) {
            Some(pixel) if *pixel == 0 => (*pixel, drawn) = (value, true),
            _ => covered = true,
        }
    }
    (covered, drawn)
}
