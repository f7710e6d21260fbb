//! Numbers as files store them, and the samples of an image that they become.
//!
//! 8 and 16 bits without sign stay what they are, and so do truth values as 0 and 1. Whole numbers of every other width,
//! signed ones among them, become 16 bits without sign where all samples of a frame are 0 to 65,535, so that label maps
//! stay whole numbers, and else 32-bit floats, which are exact up to 16,777,216. Floats of every width become 32-bit
//! floats, and so does everything that the file scales.

use groundglass_types::Samples;

/// Whole numbers as 16 bits where all of them fit, and else as floats by `float`.
pub(crate) fn narrowed<T: Copy + TryInto<u16>>(values: &[T], float: impl Fn(T) -> f32) -> Samples {
    let whole: Option<Vec<u16>> = values.iter().map(|&value| value.try_into().ok()).collect();
    whole.map_or_else(|| Samples::F32(values.iter().map(|&value| float(value)).collect()), Samples::U16)
}

#[cfg(feature = "full")]
pub(crate) use stored::SampleType;

#[cfg(feature = "full")]
mod stored {
    use groundglass_types::Samples;
    use half::f16;

    use super::narrowed;

    /// A type of numbers in a file without its own decoder: NIfTI, NRRD and NumPy.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum SampleType {
        Bool,
        U8,
        I8,
        U16,
        I16,
        U32,
        I32,
        U64,
        I64,
        F16,
        F32,
        F64,
    }

    /// The numbers of `$bytes` as `$type`, in the byte order of the file.
    macro_rules! numbers {
        ($type:ty, $bytes:expr, $big_endian:expr) => {{
            let from = if $big_endian { <$type>::from_be_bytes } else { <$type>::from_le_bytes };
            let (numbers, _) = $bytes.as_chunks::<{ size_of::<$type>() }>();
            numbers.iter().map(move |number| from(*number))
        }};
    }

    impl SampleType {
        /// Bytes of one number.
        pub const fn size(self) -> usize {
            match self {
                Self::Bool | Self::U8 | Self::I8 => 1,
                Self::U16 | Self::I16 | Self::F16 => 2,
                Self::U32 | Self::I32 | Self::F32 => 4,
                Self::U64 | Self::I64 | Self::F64 => 8,
            }
        }

        /// The samples of an image, as the head of this file says.
        pub fn samples(self, bytes: &[u8], big_endian: bool) -> Samples {
            macro_rules! whole {
                ($type:ty) => {
                    narrowed(&numbers!($type, bytes, big_endian).collect::<Vec<_>>(), |number| number as f32)
                };
            }
            match self {
                Self::Bool => Samples::U8(bytes.iter().map(|&byte| u8::from(byte != 0)).collect()),
                Self::U8 => Samples::U8(bytes.to_vec()),
                Self::U16 => Samples::U16(numbers!(u16, bytes, big_endian).collect()),
                Self::I8 => whole!(i8),
                Self::I16 => whole!(i16),
                Self::U32 => whole!(u32),
                Self::I32 => whole!(i32),
                Self::U64 => whole!(u64),
                Self::I64 => whole!(i64),
                Self::F16 => Samples::F32(numbers!(f16, bytes, big_endian).map(f16::to_f32).collect()),
                Self::F32 => Samples::F32(numbers!(f32, bytes, big_endian).collect()),
                Self::F64 => Samples::F32(numbers!(f64, bytes, big_endian).map(|number| number as f32).collect()),
            }
        }

        /// The numbers, which are exact up to 2^53.
        pub fn values(self, bytes: &[u8], big_endian: bool) -> Vec<f64> {
            match self {
                Self::Bool => bytes.iter().map(|&byte| f64::from(u8::from(byte != 0))).collect(),
                Self::U8 => bytes.iter().map(|&byte| f64::from(byte)).collect(),
                Self::I8 => numbers!(i8, bytes, big_endian).map(f64::from).collect(),
                Self::U16 => numbers!(u16, bytes, big_endian).map(f64::from).collect(),
                Self::I16 => numbers!(i16, bytes, big_endian).map(f64::from).collect(),
                Self::U32 => numbers!(u32, bytes, big_endian).map(f64::from).collect(),
                Self::I32 => numbers!(i32, bytes, big_endian).map(f64::from).collect(),
                Self::U64 => numbers!(u64, bytes, big_endian).map(|number| number as f64).collect(),
                Self::I64 => numbers!(i64, bytes, big_endian).map(|number| number as f64).collect(),
                Self::F16 => numbers!(f16, bytes, big_endian).map(f16::to_f64).collect(),
                Self::F32 => numbers!(f32, bytes, big_endian).map(f64::from).collect(),
                Self::F64 => numbers!(f64, bytes, big_endian).collect(),
            }
        }

        /// The samples after `value * slope + intercept`.
        pub fn scaled(self, bytes: &[u8], big_endian: bool, (slope, intercept): (f64, f64)) -> Samples {
            let values = self.values(bytes, big_endian);
            Samples::F32(values.into_iter().map(|value| (value * slope + intercept) as f32).collect())
        }

        /// A number that is written as text, little-endian; nothing where it is none, or does not fit.
        pub fn parse(self, text: &str, bytes: &mut Vec<u8>) -> Option<()> {
            match self {
                Self::Bool => bytes.push(u8::from(text.parse::<f64>().ok()? != 0.0)),
                Self::U8 => bytes.extend(text.parse::<u8>().ok()?.to_le_bytes()),
                Self::I8 => bytes.extend(text.parse::<i8>().ok()?.to_le_bytes()),
                Self::U16 => bytes.extend(text.parse::<u16>().ok()?.to_le_bytes()),
                Self::I16 => bytes.extend(text.parse::<i16>().ok()?.to_le_bytes()),
                Self::U32 => bytes.extend(text.parse::<u32>().ok()?.to_le_bytes()),
                Self::I32 => bytes.extend(text.parse::<i32>().ok()?.to_le_bytes()),
                Self::U64 => bytes.extend(text.parse::<u64>().ok()?.to_le_bytes()),
                Self::I64 => bytes.extend(text.parse::<i64>().ok()?.to_le_bytes()),
                Self::F16 => bytes.extend(f16::from_f64(text.parse().ok()?).to_le_bytes()),
                Self::F32 => bytes.extend(text.parse::<f32>().ok()?.to_le_bytes()),
                Self::F64 => bytes.extend(text.parse::<f64>().ok()?.to_le_bytes()),
            }
            Some(())
        }
    }
}

#[cfg(test)]
mod tests {
    use groundglass_types::Samples;

    use super::narrowed;

    #[test]
    fn whole_numbers_stay_whole_where_they_fit() {
        assert_eq!(narrowed(&[0_i32, 65_535], |value| value as f32), Samples::U16(vec![0, 65_535]));
        assert_eq!(narrowed(&[0_i32, 65_536], |value| value as f32), Samples::F32(vec![0.0, 65_536.0]));
        assert_eq!(narrowed(&[-1_i16, 7], f32::from), Samples::F32(vec![-1.0, 7.0]));
    }
}
