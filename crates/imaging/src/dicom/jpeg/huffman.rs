//! Huffman codes of JPEG. Source: ITU-T T.81, annexes C and F.

use super::super::fault::Fault;

/// Codes of up to 16 bits, looked up by the next 16 bits: how long the code is, and what it stands for.
pub(super) struct Table {
    entries: Vec<(u8, u8)>,
}

/// Up to four tables of two classes (DC or lossless, and AC), as a `DHT` segment redefines them.
#[derive(Default)]
pub(super) struct Tables {
    pub first: [Option<Table>; 4],
    pub second: [Option<Table>; 4],
}

impl Tables {
    pub fn read(&mut self, mut bytes: &[u8]) -> Result<(), Fault> {
        let broken = || Fault::corrupt("a Huffman table of its JPEG frame is broken");
        while let Some((&class, rest)) = bytes.split_first() {
            let (lengths, rest) = rest.split_first_chunk::<16>().ok_or_else(broken)?;
            let count: usize = lengths.iter().map(|&length| usize::from(length)).sum();
            let (values, rest) = rest.split_at_checked(count).ok_or_else(broken)?;
            let tables = if class >> 4 == 0 { &mut self.first } else { &mut self.second };
            *tables.get_mut(usize::from(class & 15)).ok_or_else(broken)? =
                Some(Table::of(lengths, values).ok_or_else(broken)?);
            bytes = rest;
        }
        Ok(())
    }
}

impl Table {
    fn of(lengths: &[u8; 16], values: &[u8]) -> Option<Self> {
        let mut entries = vec![(0, 0); 1 << 16];
        let mut values = values.iter();
        let mut next = 0_usize;
        for (length, &count) in (1_u8..).zip(lengths) {
            let span = 1_usize << (16 - length);
            for _ in 0..count {
                let value = *values.next()?;
                entries.get_mut(next..next + span)?.fill((length, value));
                next += span;
            }
        }
        Some(Self { entries })
    }
}

/// Entropy-coded bits: `FF 00` is a byte, `FF` and anything else a marker, before which the bits end.
pub(super) struct Bits<'b> {
    bytes: &'b [u8],
    position: usize,
    window: u64,
    filled: u32,
}

impl<'b> Bits<'b> {
    pub fn new(bytes: &'b [u8], position: usize) -> Self {
        Self { bytes, position, window: 0, filled: 0 }
    }

    fn fill(&mut self) {
        while self.filled <= 48 {
            let Some(&byte) = self.bytes.get(self.position) else { return };
            let is_marked = byte == 0xFF;
            if is_marked && self.bytes.get(self.position + 1) != Some(&0) {
                return;
            }
            self.position += if is_marked { 2 } else { 1 };
            self.window |= u64::from(byte) << (56 - self.filled);
            self.filled += 8;
        }
    }

    fn consume(&mut self, count: u32) -> Result<(), Fault> {
        if count > self.filled {
            return Err(Fault::corrupt("its JPEG frame ends before it is complete"));
        }
        self.window <<= count;
        self.filled -= count;
        Ok(())
    }

    /// The next code.
    pub fn symbol(&mut self, table: &Table) -> Result<u8, Fault> {
        if self.filled < 16 {
            self.fill();
        }
        let &(length, value) = table.entries.get((self.window >> 48) as usize).unwrap_or(&(0, 0));
        if length == 0 {
            return Err(Fault::corrupt("a code of its JPEG frame is in no Huffman table"));
        }
        self.consume(u32::from(length))?;
        Ok(value)
    }

    /// A number of `count` bits (at most 16) whose first bit is its sign (F.2.2.1).
    pub fn signed(&mut self, count: u8) -> Result<i32, Fault> {
        if count == 0 {
            return Ok(0);
        }
        if self.filled < 16 {
            self.fill();
        }
        let count = u32::from(count.min(16));
        let bits = (self.window >> (64 - count)) as i32;
        self.consume(count)?;
        Ok(if bits < 1 << (count - 1) { bits - (1 << count) + 1 } else { bits })
    }

    /// Goes behind the restart marker that must stand here.
    pub fn restart(&mut self) -> Result<(), Fault> {
        (self.window, self.filled) = (0, 0);
        match self.bytes.get(self.position..self.position.saturating_add(2)) {
            Some([0xFF, 0xD0..=0xD7]) => {
                self.position += 2;
                Ok(())
            }
            _ => Err(Fault::corrupt("a restart marker of its JPEG frame is missing")),
        }
    }

    /// Where the bytes of the scan end.
    pub const fn position(&self) -> usize {
        self.position
    }
}
