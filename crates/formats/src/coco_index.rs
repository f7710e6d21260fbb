//! By which numbers images and classes go in COCO files.

use std::collections::{BTreeSet, HashMap};

use crate::coco::JsonId;
use crate::reading::Class;

/// A class and its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CocoCategory {
    /// The number.
    pub id: JsonId,
    /// The class's name.
    pub name: String,
}

impl CocoCategory {
    /// A class that has a number.
    pub fn of(class: Class) -> Option<Self> {
        Some(Self { id: class.id?, name: class.name })
    }
}

/// The identifiers of a set's images and classes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CocoIndex {
    images: Vec<IndexedImage>,
    categories: Vec<CocoCategory>,
    places: HashMap<String, usize>,
}

/// An image and its identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexedImage {
    /// The identifier.
    pub id: JsonId,
    /// The case's name.
    pub name: String,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl CocoIndex {
    /// An index of `images`, each with the identifier that the truth file gives it, if any, and of the
    /// truth's `categories`. Identifiers are kept where no two images share one; otherwise, and for
    /// images without one, they are counted from 1 on.
    pub fn new(
        images: impl IntoIterator<Item = (Option<JsonId>, String, (usize, usize))>,
        categories: Vec<CocoCategory>,
    ) -> Self {
        let images: Vec<_> = images.into_iter().collect();
        let mut taken = BTreeSet::new();
        let kept_all = images.iter().filter_map(|(id, ..)| id.as_ref()).all(|id| taken.insert(id.clone()));
        if !kept_all {
            taken.clear();
        }
        let mut next = 0_i64;
        let images: Vec<_> = images
            .into_iter()
            .map(|(id, name, (width, height))| {
                let id = id.filter(|_| kept_all).unwrap_or_else(|| free_number(&mut next, &taken));
                IndexedImage { id, name, width, height }
            })
            .collect();
        let places = images.iter().enumerate().map(|(place, image)| (image.name.clone(), place)).collect();
        Self { images, categories, places }
    }

    /// Adds the labels of findings that have no identifier yet, counted from 1 on in alphabetical order.
    /// Where the truth has one class and all findings have one label, they are taken for the same, as in
    /// the evaluation.
    pub fn with_labels<'a>(mut self, labels: impl IntoIterator<Item = &'a str>) -> Self {
        let labels: BTreeSet<&str> = labels.into_iter().collect();
        if let ([only], [label]) = (&mut self.categories[..], &labels.iter().collect::<Vec<_>>()[..]) {
            only.name = (**label).to_owned();
            return self;
        }
        let taken: BTreeSet<JsonId> = self.categories.iter().map(|category| category.id.clone()).collect();
        let mut next = 0;
        for label in labels {
            if self.category(label).is_none() {
                let id = free_number(&mut next, &taken);
                self.categories.push(CocoCategory { id, name: label.to_owned() });
            }
        }
        self
    }

    /// The images in their order.
    pub fn images(&self) -> &[IndexedImage] {
        &self.images
    }

    /// The image of a case.
    pub fn image(&self, name: &str) -> Option<&IndexedImage> {
        self.places.get(name).and_then(|&place| self.images.get(place))
    }

    /// The classes in their order.
    pub fn categories(&self) -> &[CocoCategory] {
        &self.categories
    }

    /// The identifier of a class.
    pub fn category(&self, name: &str) -> Option<&JsonId> {
        self.categories.iter().find(|category| category.name == name).map(|category| &category.id)
    }

    /// The name of a class.
    pub fn category_name(&self, id: &JsonId) -> Option<&str> {
        self.categories.iter().find(|category| category.id == *id).map(|category| category.name.as_str())
    }
}

/// The next number that is not taken.
pub(crate) fn free_number(next: &mut i64, taken: &BTreeSet<JsonId>) -> JsonId {
    loop {
        *next += 1;
        let id = JsonId::Number(*next);
        if !taken.contains(&id) {
            return id;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CocoCategory;
    use super::CocoIndex;
    use crate::coco::JsonId;

    fn index(ids: &[Option<i64>]) -> Vec<JsonId> {
        let images = ids.iter().enumerate().map(|(at, id)| (id.map(JsonId::Number), format!("{at}.png"), (1, 1)));
        CocoIndex::new(images, Vec::new()).images().iter().map(|image| image.id.clone()).collect()
    }

    #[test]
    fn identifiers_are_kept_where_they_are_unique_and_counted_otherwise() {
        let numbers = |list: &[i64]| list.iter().map(|&number| JsonId::Number(number)).collect::<Vec<_>>();
        assert_eq!(index(&[Some(7), None, Some(1)]), numbers(&[7, 2, 1]));
        assert_eq!(index(&[Some(7), Some(7)]), numbers(&[1, 2]));
    }

    #[test]
    fn labels_of_findings_find_their_number() {
        let one = |name: &str, id| CocoCategory { id: JsonId::Number(id), name: name.to_owned() };
        let single = CocoIndex::new([], vec![one("object", 4)]).with_labels(["nucleus"]);
        assert_eq!(single.category("nucleus"), Some(&JsonId::Number(4)));
        let several = CocoIndex::new([], vec![one("disc", 1), one("donut", 2)]).with_labels(["donut", "ring"]);
        assert_eq!(several.category("donut"), Some(&JsonId::Number(2)));
        assert_eq!(several.category("ring"), Some(&JsonId::Number(3)));
    }
}
