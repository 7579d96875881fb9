/// Where the pages of a ``LocalBitfield`` are stored: an ordered table of pages by their indices.
///
/// A reader over a database snapshot conforms, so it may be unable to escape. Calls are synchronous.
public protocol BitfieldPageSource<Failure>: ~Escapable {
    /// What a failing read throws.
    associatedtype Failure: Error

    /// The stored page `index`, or `nil` where none is stored. A stored page may be empty: that is not the same.
    func page(at index: UInt64) throws(Failure) -> BitfieldPage?

    /// The lowest stored page from `index` on.
    func firstPage(from index: UInt64) throws(Failure) -> UInt64?

    /// The highest stored page below `index`.
    func lastPage(before index: UInt64) throws(Failure) -> UInt64?
}
